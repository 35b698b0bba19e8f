"""The demo: a seeded model of shoppers goes through the retail journey on the real parts of this machine.

`shoppers` says who they are and what must come of it, `conductor` lives their lives, `checks` compares.
"""
