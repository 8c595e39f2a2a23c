"""What browsers send."""

import pytest

from softswitch.web import forms

KEY = b"k" * 32


def test_fields_are_read_whatever_is_typed() -> None:
    read = forms.fields(b"user=101&password=za%C5%BC%C3%B3%C5%82%C4%87+1&empty=&user=102")
    assert read == {"user": "102", "password": "zażółć 1", "empty": ""}
    assert forms.fields(b"") == {}
    assert forms.fields(b"a=%00b") == {"a": "b"}


@pytest.mark.parametrize(
    "body", [b"a=%ff", "a=ä".encode(), b"&".join(b"a=1" for _ in range(99)), b"\xff\xfe"]
)
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(forms.NotAForm):
        forms.fields(body)


def test_a_form_belongs_to_the_browser_that_it_was_made_for() -> None:
    signed = {forms.CSRF: forms.signature(KEY, "word")}
    assert forms.is_ours(KEY, "word", signed)
    assert not forms.is_ours(KEY, "another", signed)
    assert not forms.is_ours(b"x" * 32, "word", signed)
    assert not forms.is_ours(KEY, "word", {})
    assert not forms.is_ours(KEY, "word", {forms.CSRF: "ä"})
    assert not forms.is_ours(KEY, "word\udcff", signed)
    assert not forms.is_ours(KEY, "word", {forms.CSRF: "\ud800"})
    assert not forms.is_ours(KEY, "", {forms.CSRF: forms.signature(KEY, "")})
