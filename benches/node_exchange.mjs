// An exchange in Node for the comparison in whole_process.rs. Like Adobe's library, it reads the file, signs the assertion
// with node:crypto, posts it with fetch, and prints the token. If AEMKEYS_BENCH_LIBRARY is the path of a checkout of Adobe's
// library, that is used instead.
//
// Node's fetch ignores proxy variables, so every host name resolves to loopback and the second argument is the port.
import { readFileSync } from 'node:fs';
import { createSign } from 'node:crypto';
import { createRequire } from 'node:module';
import dns from 'node:dns';

dns.lookup = (name, options, done) => (options.all
  ? done(null, [{ address: '127.0.0.1', family: 4 }])
  : done(null, '127.0.0.1', 4));

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function exchange({ integration }) {
  const host = integration.imsEndpoint;
  const client = integration.technicalAccount;
  const claims = {
    iss: integration.org,
    sub: integration.id,
    exp: Math.floor(Date.now() / 1000) + 300,
    aud: `https://${host}/c/${client.clientId}`,
  };
  for (const scope of integration.metascopes.split(',')) claims[`https://${host}/s/${scope}`] = true;
  const signed = `${base64url({ alg: 'RS256', typ: 'JWT' })}.${base64url(claims)}`;
  const signature = createSign('RSA-SHA256').update(signed).sign(integration.privateKey, 'base64url');
  const answer = await fetch(`https://${host}/ims/exchange/jwt`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: client.clientId,
      client_secret: client.clientSecret,
      jwt_token: `${signed}.${signature}`,
    }),
  });
  return answer.json();
}

const [, , file, port] = process.argv;
const credential = JSON.parse(readFileSync(file, 'utf8'));
credential.integration.imsEndpoint += `:${port}`;
const library = process.env.AEMKEYS_BENCH_LIBRARY;
const by = library ? createRequire(import.meta.url)(library) : exchange;
console.debug = () => {};
const { access_token: token } = await by(credential);
process.stdout.write(`${token}\n`);
