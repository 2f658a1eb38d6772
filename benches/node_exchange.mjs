// The exchange a Node program makes with the standard library alone: read the file, sign the assertion, ask IMS, print the
// token. The other side of the comparison in whole_process.rs. Goes through the CONNECT proxy named in HTTPS_PROXY.
import { readFileSync } from 'node:fs';
import { createSign } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

const { integration } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const host = integration.imsEndpoint;
const claims = {
  iss: integration.org,
  sub: integration.id,
  exp: Math.floor(Date.now() / 1000) + 300,
  aud: `https://${host}/c/${integration.technicalAccount.clientId}`,
};
for (const scope of integration.metascopes.split(',')) claims[`https://${host}/s/${scope}`] = true;
const signed = `${base64url({ alg: 'RS256', typ: 'JWT' })}.${base64url(claims)}`;
const signature = createSign('RSA-SHA256').update(signed).sign(integration.privateKey, 'base64url');
const body = new URLSearchParams({
  client_id: integration.technicalAccount.clientId,
  client_secret: integration.technicalAccount.clientSecret,
  jwt_token: `${signed}.${signature}`,
}).toString();

const proxy = new URL(process.env.HTTPS_PROXY);
httpRequest({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: `${host}:443` })
  .on('connect', (_, socket) => {
    httpsRequest({
      host, path: '/ims/exchange/jwt', method: 'POST', socket, servername: host, agent: false,
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) },
    }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => { text += chunk; });
      answer.on('end', () => {
        process.stdout.write(`${JSON.parse(text).access_token}\n`);
        process.exit(0);
      });
    }).end(body);
  })
  .end();
