import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import type { ApiDeps } from './deps.ts';
import { type App, route } from './route.ts';

/** For monitors: the process is alive and can read its store. */
export function healthRoutes(app: App, { inventory }: ApiDeps): void {
  route(app, coordinatorContracts.healthz, async () => ({
    status: 'ok' as const,
  }));
  route(app, coordinatorContracts.readyz, async () => {
    await inventory.operators.all();
    return { status: 'ok' as const };
  });
}
