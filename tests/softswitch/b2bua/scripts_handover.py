"""Flows in which messages cross while a caller is handed over, or somebody has to press 1.

As in scripts.py; who is not taken is hung up by the application, so that both sides may agree.
"""

from __future__ import annotations

from dataclasses import replace

from softswitch.config.configuration import Forward, Forwarding
from softswitch.mailbox.line import Connect
from tests.softswitch.b2bua.applications import CODES, Script
from tests.softswitch.b2bua.network import World
from tests.softswitch.b2bua.phones import Phone
from tests.softswitch.b2bua.scripts import both_up, script


def hand_over(world: World, alice: Phone, bob: Phone, *, answers: bool = True) -> None:
    """Alice calls an application, which has Bob rung for her."""

    def begin(script: Script) -> None:
        if answers:
            script.line.answer()
        script.line.connect(Connect("101", "100"), lambda: script.line.hang_up())

    board = world.calls._board
    board.codes, board.applications = CODES, Script(begin)
    alice.invites("*98")
    world.run(1.6)
    if bob.calls:
        bob.rings()
    world.run(1.6)


def ask_to_press(world: World, alice: Phone, bob: Phone) -> None:
    """Alice calls a number whose calls go to Bob, who has to press 1."""
    forward = Forwarding({"always": Forward("101", confirm=True)})
    world.users["102"] = replace(world.users["102"], forward=forward)
    alice.invites("102")
    world.run(1.6)
    if bob.calls:
        bob.rings()
    world.run(1.6)
    if bob.calls:
        bob.answers()
    world.run(1.6)


def press(bob: Phone, key: bytes = b"1") -> None:
    bob.asks("INFO", "Content-Type: application/dtmf", body=key)


@script
def handover(world: World, alice: Phone, bob: Phone) -> None:
    hand_over(world, alice, bob)
    if bob.calls:
        bob.answers()
    world.run(1.6)
    if both_up(alice, bob):
        bob.hangs_up()


@script
def handover_in_early_media(world: World, alice: Phone, bob: Phone) -> None:
    hand_over(world, alice, bob, answers=False)
    if bob.calls:
        bob.answers()


@script
def handover_is_refused(world: World, alice: Phone, bob: Phone) -> None:
    hand_over(world, alice, bob)
    if bob.calls:
        bob.rejects(486)


@script
def the_caller_hangs_up_as_the_phone_answers(world: World, alice: Phone, bob: Phone) -> None:
    hand_over(world, alice, bob)
    if bob.calls:
        bob.answers()
    if alice.call.is_up:
        alice.hangs_up()


@script
def the_caller_cancels_as_the_phone_answers(world: World, alice: Phone, bob: Phone) -> None:
    hand_over(world, alice, bob, answers=False)
    if bob.calls:
        bob.answers()
    if alice.call.state == "early":
        alice.cancels()


@script
def the_caller_holds_as_the_phone_answers(world: World, alice: Phone, bob: Phone) -> None:
    hand_over(world, alice, bob)
    if bob.calls:
        bob.answers()
    if alice.call.is_up:
        alice.holds()
    world.run(1.6)
    if both_up(alice, bob):
        alice.resumes()


@script
def the_caller_gets_another_codec_as_it_hangs_up(world: World, alice: Phone, bob: Phone) -> None:
    hand_over(world, alice, bob)
    if bob.calls:
        bob.answers(body=bob.sdp(payloads="0 101"))
    world.run(0.012)
    if both_up(alice, bob):
        alice.hangs_up()


@script
def ring_time_ends_as_the_operator_answers(world: World, alice: Phone, bob: Phone) -> None:
    hand_over(world, alice, bob)
    world.run(30 - 1.6 - 0.02)
    if bob.calls and bob.call.state == "calling":
        bob.answers()


@script
def one_is_pressed(world: World, alice: Phone, bob: Phone) -> None:
    ask_to_press(world, alice, bob)
    if bob.calls and bob.call.is_up:
        press(bob)


@script
def one_is_pressed_as_the_caller_cancels(world: World, alice: Phone, bob: Phone) -> None:
    ask_to_press(world, alice, bob)
    if bob.calls and bob.call.is_up:
        press(bob)
    if alice.call.state == "early":
        alice.cancels()


@script
def another_key_is_pressed(world: World, alice: Phone, bob: Phone) -> None:
    ask_to_press(world, alice, bob)
    if bob.calls and bob.call.is_up:
        press(bob, b"5")


@script
def who_is_asked_hangs_up_as_time_is_over(world: World, alice: Phone, bob: Phone) -> None:
    ask_to_press(world, alice, bob)
    world.run(30 - 4.8)
    if bob.calls and bob.call.is_up:
        bob.hangs_up()


@script
def one_is_pressed_as_time_is_over(world: World, alice: Phone, bob: Phone) -> None:
    ask_to_press(world, alice, bob)
    world.run(30 - 4.8)
    if bob.calls and bob.call.is_up:
        press(bob)
