import { Readable } from 'node:stream';
import { canonicalJson } from '@picket/shared/audit/entry-hash.ts';
import { failure } from '@picket/shared/errors.ts';
import { AuditEntry, AuditHead } from '@picket/shared/protocol/audit.ts';
import { PageQuery } from '@picket/shared/protocol/page.ts';
import { strict } from '@picket/shared/protocol/words.ts';
import { Type } from 'typebox';
import type { Inventory } from '../inventory/inventory.ts';
import type { ApiDeps } from './deps.ts';
import { mapPage, pageOf, pageSchema } from './page.ts';
import type { App } from './typed.ts';

/** How many entries of an export are in memory at once. */
const atOnce = 50;

/** The audit log. Entries name addresses and what operators did: only admins read them. */
export function auditRoutes(app: App, { inventory }: ApiDeps): void {
  app.get(
    '/v1/audit',
    {
      config: { access: 'admin', quota: 'operatorPages' },
      schema: { querystring: Type.Omit(PageQuery, ['cluster'], strict), response: { 200: pageSchema(AuditEntry) } },
    },
    async ({ query }) => mapPage(await inventory.audit.list(pageOf(query)), (entry) => entry),
  );

  // The hash alone tells nothing, and it is worth most with somebody who is not an admin.
  app.get('/v1/audit/head', { config: { access: 'viewer' }, schema: { response: { 200: AuditHead } } }, async () => {
    const head = await inventory.audit.head();
    if (head === null) throw failure('not_found', { what: 'entry of the audit log', name: '1' });
    return head;
  });

  app.get('/v1/audit/export', { config: { access: 'admin', quota: 'operatorPages' } }, async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type('application/x-ndjson')
      .send(Readable.from(linesOf(inventory), { objectMode: false })),
  );
}

/** Each entry as a line of canonical JSON, the oldest first; `null` for one that somebody has made unreadable. */
async function* linesOf({ audit }: Pick<Inventory, 'audit'>): AsyncGenerator<string> {
  for (let number = 0; ; ) {
    const rows = await audit.after(number, atOnce);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ entry }) => `${canonicalJson(entry)}\n`).join('');
    number = last.number;
  }
}
