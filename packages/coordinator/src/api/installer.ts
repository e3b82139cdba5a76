import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { failure } from '@picket/shared/errors.ts';
import { countedAddress } from '../connections/client-address.ts';
import { unreadAnswers } from '../connections/unread-answers.ts';
import { inPieces, pieceBytes } from './bounded-answers.ts';
import type { ApiDeps } from './deps.ts';
import { type App, route } from './route.ts';

/**
 * How many machines may fetch Node.js at the same time: in all, and of one address. A newer fetch cuts off the oldest one of its
 * address, or of the address that has most: wget continues where it was cut off.
 */
const fetches = { unreadMib: 16, unreadMibPerClient: 8 };
/** Each counts as this, whatever its size is: an answer from a file waits on the disk and not in memory. */
const onePlace = 1024 * 1024;

/** What a machine fetches to become a node, and the facts for an operator's install line. None of it is secret. */
export function installerRoutes(app: App, { installer }: ApiDeps): void {
  const running = unreadAnswers<{ destroy(): unknown }>(fetches);

  function present(): NonNullable<ApiDeps['installer']> {
    if (installer === null) throw failure('installer_missing', {});
    return installer;
  }

  route(app, coordinatorContracts.installScript, async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type('text/x-shellscript; charset=utf-8')
      .send(inPieces(reply, present().script)),
  );

  route(app, coordinatorContracts.agentProgram, async (_, reply) =>
    reply.header('cache-control', 'no-store').type('application/octet-stream').send(inPieces(reply, present().agent)),
  );

  // A HEAD would take the place of a fetch.
  route(app, coordinatorContracts.nodeArchive, { exposeHeadRoute: false }, async (request, reply) => {
    const { architecture } = request.params;
    const found = present().node.find(({ facts }) => facts.architecture === architecture);
    if (found === undefined) throw failure('not_found', { what: 'Node.js', name: architecture });
    const { file, facts } = found;
    const { sizeBytes } = facts;
    const inForce = await stat(file).catch(() => null);
    if (inForce?.size !== sizeBytes) throw failure('not_found', { what: 'Node.js', name: architecture });
    const from = firstOctet(request.headers.range);
    reply.header('accept-ranges', 'bytes').header('cache-control', 'no-store').type('application/octet-stream');
    if (from >= sizeBytes) return reply.code(416).header('content-range', `bytes */${sizeBytes}`).send();
    if (from > 0) reply.code(206).header('content-range', `bytes ${from}-${sizeBytes - 1}/${sizeBytes}`);
    reply.header('content-length', sizeBytes - from);
    const content = createReadStream(file, { start: from, end: sizeBytes - 1, highWaterMark: pieceBytes });
    const { raw } = reply;
    // Even if the client had gone by now: the file would stay open.
    const end = () => {
      running.end(raw);
      content.destroy();
    };
    raw.once('close', end);
    if (raw.destroyed) end();
    for (const other of running.begin(raw, countedAddress(request.raw.socket.remoteAddress), onePlace)) other.destroy();
    return reply.send(content);
  });

  route(app, coordinatorContracts.installer, async () => {
    const { url, sha256, agentVersion, node } = present();
    return { url, sha256, agentVersion, node: node.map(({ facts }) => facts) };
  });
}

/** Of `Range: bytes=N-`, as programs ask that continue a file; the answer to every other range is the whole file. */
function firstOctet(range: string | undefined): number {
  const [, from = '0'] = /^bytes=(\d{1,12})-$/.exec(range ?? '') ?? [];
  return Number(from);
}
