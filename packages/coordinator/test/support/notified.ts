import type { ChannelView } from '@picket/shared/protocol/notifications.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { TestCoordinator } from './coordinator.ts';
import type { TestNode } from './nodes.ts';
import { reportAll } from './voters.ts';

const roundMs = 30_000;

/** Lets these minutes pass: these nodes report, the coordinator looks, and what is due is sent. */
export async function pass(coordinator: TestCoordinator, minutes: number, reporting: readonly TestNode[] = []) {
  for (let passed = 0; passed < minutes * 60_000; passed += roundMs) {
    coordinator.clock.now += roundMs;
    await reportAll(reporting);
    await lookNow(coordinator);
  }
}

/** One tick, and all that it has begun to send. */
export async function lookNow({ running }: TestCoordinator): Promise<void> {
  await running.tick();
  await running.notifier.idle();
}

export async function addChannel({ admin }: TestCoordinator, settings: object, more: object = {}): Promise<void> {
  const answer = await admin.post('/v1/notifications', { name: 'team', settings, ...more });
  if (answer.status !== 201) throw new Error(answer.text);
}

export async function channelsOf({ admin }: TestCoordinator): Promise<readonly ChannelView[]> {
  return (await admin.get('/v1/notifications')).json<Page<ChannelView>>().items;
}
