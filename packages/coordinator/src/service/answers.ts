import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkServerIdentity } from 'node:tls';
import { type Config, urlOf } from '../config/config.ts';
import { placesIn } from '../files/data-dir.ts';

const patienceMs = 90_000;
const everyMs = 500;
const oneTryMs = 5_000;

/** Waits until the coordinator answers at its address on this machine; null then, else why it does not. */
export async function waitForAnswer(config: Config): Promise<string | null> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const problem = await ask(config).catch((error: Error) => error.message);
    if (problem === null || performance.now() > until) return problem;
    await sleep(everyMs);
  }
}

async function ask(config: Config): Promise<string | null> {
  const ca = await readFile(join(placesIn(config.dataDir).authority, 'control/certificate.pem'));
  const { hosts, listenAddress, port } = config;
  const [name = 'localhost'] = hosts;
  // Its name may lead here only for others, by a router or DNS of theirs.
  const host = listenAddress === '0.0.0.0' ? '127.0.0.1' : listenAddress === '::' ? '::1' : listenAddress;
  return new Promise((done) => {
    const asked = request(
      {
        ...{ host, port, ca, path: '/readyz', timeout: oneTryMs },
        servername: isIP(name) === 0 ? name : '',
        checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
      },
      (answer) => {
        answer.resume();
        done(answer.statusCode === 200 ? null : `${urlOf(config)}/readyz gives ${answer.statusCode}`);
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer within 5 s')));
    asked.on('error', ({ message }) => done(message));
    asked.end();
  });
}
