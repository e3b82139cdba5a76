import type { TestCoordinator } from './coordinator.ts';
import { createCluster } from './nodes.ts';

/** Creates a cluster whose state fails to be looked at, as with a fault in what judges it. */
export async function unjudged(coordinator: TestCoordinator, broken: string): Promise<void> {
  await createCluster(coordinator, { name: broken, members: [{ name: `${broken}-m-1`, address: '192.168.8.11' }] });
  const { executor } = coordinator.running;
  const { situation } = executor;
  Object.assign(executor, {
    situation(name: string) {
      const found = situation(name);
      if (name !== broken) return found;
      return Object.defineProperty({ ...found }, 'waits', {
        get() {
          throw new TypeError('a fault of the test');
        },
      });
    },
  });
}
