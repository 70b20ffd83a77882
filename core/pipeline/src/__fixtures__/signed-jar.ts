import { storedZip } from '@slowlane/testkit';

/** A JAR without classes, a signature of it, and the public key that belongs to it. The secret key is gone. */
export const signedJar = storedZip([['META-INF/MANIFEST.MF', 'Manifest-Version: 1.0\n']]);

export const signature = `-----BEGIN PGP SIGNATURE-----

iHUEABYIAB0WIQS9p9Q7i1M+2NtAUG/ZcISScePIUgUCawWhAgAKCRDZcISScePI
UjzOAQC9kx5ay8rS2idMQtUT1ywtJpxKeMixQlFcBV3rTBN4ZwD/X7z1W/kQobLX
LOEW4vGwsxEeEgPd/CHWgMuZBF28gAM=
=OAr1
-----END PGP SIGNATURE-----
`;

export const publicKey = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawWhARYJKwYBBAHaRw8BAQdAWpoW20Kt7a4w631uqRbeumt5cy1c+owdVs1e
VcPDe+G0KlJlbGVhc2VzIG9mIEV4YW1wbGUgPHJlbGVhc2VzQGV4YW1wbGUub3Jn
PoiQBBMWCAA4FiEEvafUO4tTPtjbQFBv2XCEknHjyFIFAmsFoQECGwMFCwkIBwIG
FQoJCAsCBBYCAwECHgECF4AACgkQ2XCEknHjyFLQIAEA6h1vSEhCGVFHzzybStHD
8lrWtcX8+z4IHkRsBbuWzS4BAKnUpCJuotkPcnCOvw6f5YRNSmtvaeiMhuobpgFK
rpMK
=2oIT
-----END PGP PUBLIC KEY BLOCK-----
`;
