import { Readable } from 'node:stream';
import { canonicalJson } from '@picket/shared/audit/entry-hash.ts';
import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { failure } from '@picket/shared/errors.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { ApiDeps } from './deps.ts';
import { pageOf } from './page.ts';
import { type App, route } from './route.ts';

/** How many entries of an export are in memory at once. */
const atOnce = 50;

/** The audit log. Entries name addresses and what operators did: only admins read them. */
export function auditRoutes(app: App, { inventory }: ApiDeps): void {
  route(app, coordinatorContracts.audit, { quota: 'operatorPages' }, ({ query }) =>
    inventory.audit.list(pageOf(query)),
  );

  // The hash alone tells nothing, and it is worth most with somebody who is not an admin.
  route(app, coordinatorContracts.auditHead, async () => {
    const head = await inventory.audit.head();
    if (head === null) throw failure('not_found', { what: 'entry of the audit log', name: '1' });
    return head;
  });

  route(app, coordinatorContracts.auditExport, { quota: 'operatorPages' }, async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type('application/x-ndjson')
      .send(Readable.from(linesOf(inventory), { objectMode: false })),
  );
}

/** Each entry as a line of canonical JSON, the oldest first; `null` for one that somebody has made unreadable. */
async function* linesOf({ audit }: Inventory): AsyncGenerator<string> {
  for (let number = 0; ; ) {
    const rows = await audit.after(number, atOnce);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ entry }) => `${canonicalJson(entry)}\n`).join('');
    number = last.number;
  }
}
