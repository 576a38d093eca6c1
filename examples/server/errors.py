"""What goes wrong, in the shape in which OpenAI's clients read and show it."""

from typing import Any, Dict, Optional

MOST_SHOWN = 120  # characters of a value in a message
TYPES = {401: "authentication_error", 408: "timeout_error", 429: "rate_limit_error"}


class ApiError(Exception):
    """An answer with a status other than 200.

    Args:
        status: of HTTP.
        message: names the value and what would be right.
        param: the field it is about.
        code: for programs.
        retry_after: seconds after which asking again may help.
    """

    def __init__(
        self,
        status: int,
        message: str,
        param: Optional[str] = None,
        code: Optional[str] = None,
        retry_after: Optional[int] = None,
    ):
        super().__init__(message)
        self.status, self.message, self.param, self.code = status, message, param, code
        self.headers = {} if retry_after is None else {"retry-after": str(retry_after)}

    def body(self) -> Dict[str, Any]:
        kind = TYPES.get(self.status, "invalid_request_error" if self.status < 500 else "server_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}


def refused(param: Optional[str], message: str, code: Optional[str] = None) -> ApiError:
    """A request that cannot be meant, or cannot be honoured."""
    return ApiError(400, message, param, code)


def shown(value: Any) -> str:
    """A value as a message shows it: not at length."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}... ({len(text):,} characters)"
