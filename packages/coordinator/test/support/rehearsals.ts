import type { RehearsalState } from '@picket/shared/protocol/snapshots.ts';
import { until } from '../../../../test/support/until.ts';
import type { TestCoordinator } from './coordinator.ts';

export async function rehearsalsOf({ admin }: TestCoordinator, cluster: string): Promise<RehearsalState> {
  return (await admin.get(`/v1/clusters/${cluster}/snapshots`)).json<{ rehearsal: RehearsalState }>().rehearsal;
}

/** What is known of its rehearsals once none runs. */
export async function rehearsalEnded(coordinator: TestCoordinator, cluster: string): Promise<RehearsalState> {
  const isOver = async () => (await rehearsalsOf(coordinator, cluster)).task === null;
  await until('the rehearsal has ended', isOver, { within: 120_000, every: 20 });
  return rehearsalsOf(coordinator, cluster);
}
