import { snapshotContracts } from '@picket/shared/contract/snapshots.ts';
import { differenceOf, noDifference } from '../audit/difference.ts';
import { changed } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { byOperator } from './mutual-tls.ts';
import { octetsIn } from './octets-in.ts';
import { type App, route } from './route.ts';
import { snapshotView } from './snapshots.ts';

/** Files with snapshots that operators import. Served where a body may be octets. */
export function snapshotImportRoutes(app: App, { snapshots: { imports } }: Pick<ApiDeps, 'snapshots'>): void {
  route(
    app,
    snapshotContracts.beginSnapshotImport,
    { audit: { object: 'cluster :name', asks: ['sizeBytes'] } },
    async (request, reply) => {
      const id = await imports.begin(request.params.name, byOperator(request), request.body);
      // Nothing of it counts before its end.
      changed(request, noDifference);
      return reply.code(201).send({ id });
    },
  );

  route(app, snapshotContracts.sendSnapshotImportPart, { audit: 'with-its-end' }, async (request) => {
    const { id } = request.params;
    const part = octetsIn(request);
    return {
      receivedBytes: await imports.part(byOperator(request), id, Number(request.query.offset), part),
    };
  });

  route(
    app,
    snapshotContracts.endSnapshotImport,
    { audit: { object: 'snapshot :id', asks: ['sizeBytes', 'sha256'] } },
    async (request, reply) => {
      const record = await imports.end(byOperator(request), request.params.id, request.body);
      const { cluster, revision, sha256 } = record;
      changed(request, differenceOf(null, { cluster, revision, sha256 }));
      return reply.code(201).send(snapshotView(record));
    },
  );

  route(app, snapshotContracts.abandonSnapshotImport, { audit: { object: 'snapshot :id' } }, async (request, reply) => {
    await imports.abandon(byOperator(request), request.params.id);
    changed(request, noDifference);
    return reply.code(204).send();
  });
}
