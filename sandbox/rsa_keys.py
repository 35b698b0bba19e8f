"""The RSA keys of the vendors: one a vendor for as long as the process lives, because making one takes longer than
all else that a sandbox does to start."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa


@cache
def rsa_key(vendor: str) -> rsa.RSAPrivateKey:
    """The private key of a vendor."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
