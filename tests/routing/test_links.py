"""The classes of line and their words."""

from __future__ import annotations

from routing.links import CLASS_WORDS, LinkClass


def test_every_class_has_words_in_both_languages() -> None:
    assert CLASS_WORDS.keys() == set(LinkClass)
    for words in CLASS_WORDS.values():
        assert words.en
        assert any(ord(character) > 0x2E80 for character in words.zh)


def test_configuration_files_name_the_classes_like_this() -> None:
    assert [each.value for each in LinkClass] == ["jinbao", "bank"]
