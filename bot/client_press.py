"""A button of a message pressed, and what the server answers to it."""

from __future__ import annotations

from collections.abc import Callable

from bot.client import Client, Message, ServerRefused
from bot.client_page import Drawn, Json, Press, draw_card


async def pressed(
    client: Client, message: Message, button: Press, values: dict[str, str], show: Callable[[str], None]
) -> Drawn | None:
    """Press a button and show the words that are answered, if any; the card that came in the pressed one's place."""
    if button.link:
        show(button.title)
        return None
    try:
        answer = await client.press(message, {**button.data, **values}, button.execute)
    except ServerRefused as error:
        show(str(error))
        return None
    value = answer.get("value")
    if isinstance(value, str):
        show(f"({value})")
    elif isinstance(value, dict):
        message.body = in_place(value)
        return draw_card(value)
    return None


def in_place(card: Json) -> Json:
    """A message that holds this card."""
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }
