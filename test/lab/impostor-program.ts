import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

// Sits in the coordinator's place with another key. impostor-program.ts PORT CREDENTIAL SCRIPT AGENT: answers with these
// files, takes whatever else is sent, and says all that it hears.

const [port, credential, script, agent] = process.argv.slice(2) as [string, string, string, string];
const pem = readFileSync(credential);
const [certificate = ''] = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(pem.toString()) ?? [];

createServer({ cert: pem, key: pem, requestCert: true, rejectUnauthorized: false }, (request, response) => {
  console.log(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
  request.on('data', (chunk: Buffer) => console.log(chunk.toString('latin1')));
  request.on('end', () => {
    if (request.url === '/install.sh') response.end(readFileSync(script));
    else if (request.url === '/install/picket-agent.cjs') response.end(readFileSync(agent));
    else
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ controlCertificates: certificate }));
  });
}).listen(Number(port), () => console.log('listening'));
