"""ConfigTester over the configuration, each of its checks as a test of its own: one failure hides no other."""

import unittest

import adapter
from tests.test_configuration_common import ConfigTester


class Configuration(unittest.TestCase):
    """The checks are added below."""

    def setUp(self) -> None:
        self.model_tester = adapter.ModelTester(self)
        self.config_tester = ConfigTester(self, config_class=adapter.ChatGLMConfig, hidden_size=48)


def as_test(check: str):
    return lambda self: getattr(self.config_tester, check)()


for check in dir(ConfigTester):
    if check.startswith(("create_and_test_", "check_")):
        setattr(Configuration, "test_" + check.replace("create_and_test_", ""), as_test(check))
