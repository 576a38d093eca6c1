"""ModelTesterMixin and, where the release has it, TrainingTesterMixin over the three classes of the package.

One class of tests for each: in a common one, the first failure of a test would hide what the other classes do.
"""

import unittest

import adapter
from tests.generation.test_utils import GenerationTesterMixin
from tests.test_modeling_common import ModelTesterMixin
from transformers import PreTrainedModel

try:
    from tests.test_training_mixin import TrainingTesterMixin
except ModuleNotFoundError:  # came with 5.x

    class TrainingTesterMixin:
        """No tests: the release has none."""


class Common(ModelTesterMixin):
    """What the three have in common."""

    is_training = True
    test_torch_exportable = True
    test_can_init_all_missing_weights_before_2023 = True
    test_pruning = False  # of heads; no decoder of transformers has it, and 5.0 dropped it
    test_head_masking = False  # the same

    def setUp(self) -> None:
        self.model_tester = adapter.ModelTester(self, is_training=self.is_training)
        # A test of 4.57 replaces it, and puts it back only where it passes.
        initialize = PreTrainedModel._initialize_weights
        self.addCleanup(setattr, PreTrainedModel, "_initialize_weights", initialize)

    if hasattr(ModelTesterMixin, "test_torch_export"):  # from 5.x on in tests/exporters

        def test_torch_export(self) -> None:
            config, inputs = self.model_tester.prepare_config_and_inputs_for_common()
            config.use_cache = False  # torch exports a cache of no class, those of transformers included
            super().test_torch_export(config, inputs)


class ForConditionalGeneration(Common, GenerationTesterMixin, TrainingTesterMixin, unittest.TestCase):
    all_model_classes = (adapter.ChatGLMForConditionalGeneration,)
    model_tester = None  # TrainingTesterMixin declares it as a property


class Body(Common, unittest.TestCase):
    all_model_classes = (adapter.ChatGLMModel,)
    is_training = False  # it takes no labels


class ForSequenceClassification(Common, unittest.TestCase):
    all_model_classes = (adapter.ChatGLMForSequenceClassification,)
