"""The tables of chat, oldest migration first."""
