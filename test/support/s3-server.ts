import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'yaml';
import { type Background, startInBackground } from './children.ts';
import { unpackDebianPrograms } from './debian-packages.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

export interface S3Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** An S3 server that is there for one test, and holds what it is sent in memory. */
export interface S3Server {
  readonly url: string;
  /** It has this one bucket. */
  readonly bucket: string;
  readonly key: S3Key;
  /** Writes a key, its own unless given, as a file of this mode (0600) for coordinator.yml to name; gives its path. */
  writeKey(folder: string, key?: Partial<S3Key>, mode?: number): string;
  /** Its requests so far, such as `PUT /bucket/key?partNumber=1`. */
  readonly seen: readonly string[];
  /** Refuses connections until it is `up` again. What it holds stays. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

export interface S3ServerOptions {
  /** For its log. */
  readonly folder: string;
  /** PEM; without, it speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

const bucket = 'etcd';

/** moto reckons the signature over the query as it decodes it, S3 as it was sent. */
const program = `
from urllib.parse import parse_qsl, quote
from moto.iam.access_control import IAMRequestBase
from moto.server import main

begin = IAMRequestBase.__init__

def encoded(text):
    return quote(text, safe="-_.~")

def begin_encoded(self, *, path, **others):
    at, mark, query = path.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    begin(self, path=at + mark + "&".join(encoded(key) + "=" + encoded(value) for key, value in pairs), **others)

IAMRequestBase.__init__ = begin_encoded
main()
`;

/**
 * Starts moto, Debian's `python3-moto`, with one user who may do anything, and which checks the signature of every request.
 * Before it stands a server of our own that does what S3 does and moto does not: it refuses a body that is not the one whose
 * SHA-256 was signed, and one without. It takes TLS, and can be down.
 */
export async function startS3Server({ folder, tls }: S3ServerOptions): Promise<S3Server> {
  const python = await ensureMoto();
  const port = await freePort('127.0.0.1');
  const root = dirname(dirname(dirname(python)));
  const libraries = join(root, 'usr/lib', process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu');
  const moto = startInBackground(
    python,
    ['-c', program, '--host', '127.0.0.1', '--port', String(port)],
    join(folder, 'moto.log'),
    {
      LD_LIBRARY_PATH: libraries,
      PYTHONHOME: join(root, 'usr'),
      PYTHONPATH: join(root, 'usr/lib/python3/dist-packages'),
      // The bucket and the user come first; from then on all is checked.
      INITIAL_NO_AUTH_ACTION_COUNT: '4',
    },
  );
  const origin = `http://127.0.0.1:${port}`;
  try {
    await until('moto answers', async () => !moto.running || (await fetch(`${origin}/moto-api/`)).ok, {
      within: 60_000,
    });
    if (!moto.running) throw new Error(`moto ended:\n${moto.log()}`);
    const made = await fetch(`${origin}/${bucket}`, { method: 'PUT', headers: unsigned('s3') });
    if (!made.ok) throw new Error(`moto makes no bucket: ${await made.text()}`);
    return await withFront({ key: await makeUser(origin), port, moto, ...(tls && { tls }) });
  } catch (error) {
    await moto.stop();
    throw error;
  }
}

interface Behind {
  readonly key: S3Key;
  readonly port: number;
  readonly moto: Pick<Background, 'stop'>;
  readonly tls?: S3ServerOptions['tls'];
}

async function withFront({ key, port, moto, tls }: Behind): Promise<S3Server> {
  const seen: string[] = [];
  const answer = (incoming: IncomingMessage, response: ServerResponse): void => {
    passOn(incoming, response, port, seen).catch(() => response.destroy());
  };
  const make = () => (tls === undefined ? createServer(answer) : createTlsServer(tls, answer));
  let front = make();
  await listen(front, 0);
  const { port: shown } = front.address() as AddressInfo;
  const server: S3Server = {
    bucket,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${shown}`,
    key,
    seen,
    writeKey(folder, written = key, mode = 0o600) {
      const path = join(folder, 's3-key.yml');
      writeFileSync(path, stringify(written), { mode });
      return path;
    },
    async down() {
      front.closeAllConnections();
      await new Promise((done) => front.close(done));
    },
    async up() {
      front = make();
      await listen(front, shown);
    },
    async stop() {
      await server.down();
      await moto.stop('SIGKILL');
    },
  };
  return server;
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  });
}

async function passOn(
  incoming: IncomingMessage,
  response: ServerResponse,
  port: number,
  seen: string[],
): Promise<void> {
  const { method = '', url = '', headers } = incoming;
  seen.push(`${method} ${url}`);
  const body = await bodyOf(incoming);
  if (createHash('sha256').update(body).digest('hex') !== headers['x-amz-content-sha256']) {
    response.writeHead(400, { 'content-type': 'application/xml' });
    response.end('<Error><Code>XAmzContentSHA256Mismatch</Code><Message>The body is another.</Message></Error>');
    return;
  }
  const answer = await new Promise<IncomingMessage>((done, fail) => {
    request({ host: '127.0.0.1', port, method, path: url, headers }, done).once('error', fail).end(body);
  });
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  await pipeline(answer, response);
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The Python that has moto. All of it is unpacked and nothing is installed. */
async function ensureMoto(): Promise<string> {
  const unpacked = await unpackDebianPrograms(
    {
      name: 'moto',
      packages: ['python3-moto', 'python3-flask-cors'],
      executables: ['moto_server', 'python3'],
      dependencies: true,
    },
    { env: process.env, say: console.error },
  );
  if (unpacked === undefined) throw new Error('moto is made of Debian packages, and there is no apt here.');
  return join(unpacked, 'python3');
}

async function makeUser(origin: string): Promise<S3Key> {
  const iam = async (fields: Record<string, string>): Promise<string> => {
    const answer = await fetch(origin, {
      method: 'POST',
      headers: unsigned('iam'),
      body: new URLSearchParams({ Version: '2010-05-08', UserName: 'picket', ...fields }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`moto refuses ${fields.Action}: ${text}`);
    return text;
  };
  const anything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  await iam({ Action: 'CreateUser' });
  await iam({ Action: 'PutUserPolicy', PolicyName: 'anything', PolicyDocument: JSON.stringify(anything) });
  const made = await iam({ Action: 'CreateAccessKey' });
  const told = (name: string): string => new RegExp(`<${name}>([^<]+)</${name}>`).exec(made)?.[1] ?? '';
  return { accessKeyId: told('AccessKeyId'), secretAccessKey: told('SecretAccessKey') };
}

/** By what moto knows which of its services is meant. */
function unsigned(service: string): Record<string, string> {
  const scope = `none/20260101/us-east-1/${service}/aws4_request`;
  return { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none` };
}
