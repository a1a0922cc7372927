// A P-256 key and a PKCS#10 request for it (RFC 2986), which Node has no call for.
import { generateKeyPairSync, sign } from 'node:crypto';

function der(tag, ...parts) {
  const body = Buffer.concat(parts);
  const length = body.length < 0x80 ? [body.length]
    : body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...parts) => der(0x30, ...parts);
const object_id = (hex) => der(0x06, Buffer.from(hex, 'hex'));
const common_name = (text) => sequence(der(0x31, sequence(object_id('550403'), der(0x0c, Buffer.from(text)))));

export function makeKeyAndCsr(name) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const version = der(0x02, Buffer.from([0]));
  const no_attributes = der(0xa0);
  const info = sequence(version, common_name(name), publicKey.export({ type: 'spki', format: 'der' }), no_attributes);
  const ecdsa_with_sha256 = sequence(object_id('2a8648ce3d040302'));
  const signature = der(0x03, Buffer.from([0]), sign('sha256', info, privateKey));
  const lines = sequence(info, ecdsa_with_sha256, signature).toString('base64').match(/.{1,64}/g).join('\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    csr: `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`,
  };
}
