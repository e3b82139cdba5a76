import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { isoTimeOrNull } from '@picket/shared/iso-time.ts';
import type { ApiDeps } from './deps.ts';
import { type App, route } from './route.ts';

/** The backups of the coordinator, and how those of its schedule fare. */
export function backupRoutes(app: App, { backups }: ApiDeps): void {
  route(app, coordinatorContracts.backups, async () => ({
    lastAt: isoTimeOrNull(backups.lastAt()),
    schedule: backups.schedule,
    targets: backups.targets(),
  }));
}
