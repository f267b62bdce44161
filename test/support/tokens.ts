/** An identity provider: its keys, and the tokens that it issues. */
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

export const ISSUER = "https://id.test/";
export const AUDIENCE = "omvee";

export async function identityProvider() {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" };
  const sign = (claims: JWTPayload, header: { alg: string; kid?: string } = { alg: "ES256", kid: "k1" }) =>
    new SignJWT({ iss: ISSUER, aud: AUDIENCE, ...claims }).setProtectedHeader(header).sign(privateKey);
  return {
    jwk,
    keys: createLocalJWKSet({ keys: [jwk] }),
    sign,
    token: (sub: string) => sign({ sub, exp: Math.floor(Date.now() / 1000) + 3600 }),
  };
}
