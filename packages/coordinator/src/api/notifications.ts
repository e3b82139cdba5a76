import { notificationContracts } from '@picket/shared/contract/notifications.ts';
import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import type { ChannelView } from '@picket/shared/protocol/notifications.ts';
import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import { differenceOf, noDifference } from '../audit/difference.ts';
import { channelFacts } from '../audit/facts.ts';
import type { ChannelSeen } from '../notifications/notifier.ts';
import { changed } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { requireClusters } from './known-names.ts';
import { operatorOf } from './mutual-tls.ts';
import { type App, route } from './route.ts';

/** Where notifications go. Addresses and secrets come in with a request, and no answer has them (R11). */
export function notificationRoutes(app: App, { notifier, executor }: ApiDeps): void {
  route(app, notificationContracts.channels, async () => ({ items: notifier.list().map(channelView), next: null }));

  route(
    app,
    notificationContracts.addChannel,
    { audit: { object: null, asks: ['name', 'clusters', 'severity'] } },
    async (request, reply) => {
      requireClusters({ executor }, request.body.clusters ?? []);
      const channel = await notifier.add(request.body, operatorOf(request).name);
      changed(request, differenceOf(null, channelFacts(channel)));
      return reply.code(201).send(channelView(channel));
    },
  );

  route(app, notificationContracts.removeChannel, { audit: { object: 'channel :name' } }, async (request, reply) => {
    const channel = await notifier.remove(request.params.name);
    changed(request, differenceOf(channelFacts(channel), null));
    return reply.code(204).send();
  });

  route(app, notificationContracts.testChannel, { audit: { object: 'channel :name' } }, async (request) => {
    const { name, target } = await notifier.test(request.params.name);
    changed(request, noDifference);
    return { name, target };
  });
}

function channelView(channel: ChannelSeen): WithoutMessages<ChannelView> {
  const { notified: known, waiting, failing, createdAt, deliveredAt, ...shown } = channel;
  return {
    ...shown,
    createdAt: isoTime(createdAt),
    deliveredAt: isoTimeOrNull(deliveredAt),
    openProblems: known.length,
    waiting: waiting && {
      since: isoTime(waiting.at),
      problems: waiting.shown.length + waiting.others.length,
      recovered: waiting.over.length,
    },
    failing: failing && {
      attempts: failing.attempts,
      reason: failing.reason,
      nextAt: isoTime(failing.nextAt),
    },
  };
}
