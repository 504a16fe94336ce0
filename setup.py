"""Which packages a wheel holds; all else is in pyproject.toml.

Two things cannot be said there together: "find the packages" and "content/ and manifest/ are package data". They lie at
the top of the checkout, where authors look for them, and are installed as `helpbot_data/content` and
`helpbot_data/manifest`, beside `bot`. `bot/resources.py` finds them in both places.
"""

from setuptools import find_packages, setup

DATA = {"helpbot_data.content": "content", "helpbot_data.manifest": "manifest"}

setup(
    packages=[*find_packages(include=["bot", "bot.*", "dialogs", "dialogs.*"]), *DATA],
    package_dir=DATA,
    package_data={name: ["**/*"] for name in DATA} | {"bot": ["py.typed"], "dialogs": ["py.typed"]},
)
