import { releaseContracts } from '@picket/shared/contract/releases.ts';
import { architectureOf } from '@picket/shared/protocol/releases.ts';
import { differenceOf } from '../audit/difference.ts';
import { announceRelease } from './announce-release.ts';
import { changed } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { byOperator } from './mutual-tls.ts';
import { type App, route } from './route.ts';

/** The coordinator fetches a release from its mirror: an operator gives the hash, and asks how far it is. */
export function releaseFetchRoutes(app: App, deps: ApiDeps): void {
  const { releaseFetches: fetches, inventory } = deps;

  route(app, releaseContracts.releaseFetches, async () => {
    const members = (await inventory.nodes.all()).filter(
      ({ kind, evictedAt }) => kind === 'member' && evictedAt === null,
    );
    const architectures = new Set(members.flatMap(({ facts }) => architectureOf(facts.arch) ?? []));
    return { architectures: [...architectures].sort(), mirror: fetches.from, items: fetches.list() };
  });

  route(
    app,
    releaseContracts.fetchRelease,
    { audit: { object: 'release :sha256', asks: ['version', 'architecture'] } },
    async (request) => {
      const { sha256 } = request.params;
      const by = byOperator(request);
      const view = fetches.begin(sha256, request.body, (release) =>
        announceRelease(deps, { by, done: 'added' }, release, request.log),
      );
      changed(request, differenceOf(null, { ...request.body, mirror: fetches.from }));
      return view;
    },
  );
}
