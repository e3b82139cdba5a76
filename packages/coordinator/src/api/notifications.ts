import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import { ChannelCreate, ChannelName, ChannelView, TestSent } from '@picket/shared/protocol/notifications.ts';
import { strict } from '@picket/shared/protocol/words.ts';
import { told } from '@picket/shared/reasons/told.ts';
import { Type } from 'typebox';
import { differenceOf, noDifference } from '../audit/difference.ts';
import { channelFacts } from '../audit/facts.ts';
import type { ChannelSeen } from '../notifications/notifier.ts';
import { changed } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { operatorOf } from './mutual-tls.ts';
import { pageSchema } from './page.ts';
import type { App } from './typed.ts';
import { nothing } from './words.ts';

const ByName = Type.Object({ name: ChannelName }, strict);

/** How the audit log names the channel of a route. */
function ofChannel({ name }: Readonly<Record<string, string>>): string {
  return `channel ${name}`;
}

/** Where notifications go. Addresses and secrets come in with a request, and no answer has them (R11). */
export function notificationRoutes(app: App, { notifier }: Pick<ApiDeps, 'notifier'>): void {
  app.get(
    '/v1/notifications',
    { config: { access: 'viewer' }, schema: { response: { 200: pageSchema(ChannelView) } } },
    async () => ({ items: notifier.list().map(channelView), next: null }),
  );

  app.post(
    '/v1/notifications',
    {
      config: { access: 'admin', audit: { object: () => null, asks: ['name', 'clusters', 'severity'] } },
      schema: { body: ChannelCreate, response: { 201: ChannelView } },
    },
    async (request, reply) => {
      const channel = await notifier.add(request.body, operatorOf(request).name);
      changed(request, differenceOf(null, channelFacts(channel)));
      return reply.code(201).send(channelView(channel));
    },
  );

  app.delete(
    '/v1/notifications/:name',
    { config: { access: 'admin', audit: { object: ofChannel } }, schema: { params: ByName, response: nothing } },
    async (request, reply) => {
      const channel = await notifier.remove(request.params.name);
      changed(request, differenceOf(channelFacts(channel), null));
      return reply.code(204).send();
    },
  );

  app.post(
    '/v1/notifications/:name/test',
    {
      config: { access: 'admin', audit: { object: ofChannel } },
      schema: { params: ByName, response: { 200: TestSent } },
    },
    async (request) => {
      const { name, target } = await notifier.test(request.params.name);
      changed(request, noDifference);
      return { name, target };
    },
  );
}

function channelView(channel: ChannelSeen): ChannelView {
  const { name, kind, target, clusters, severity, everySeconds, createdAt, createdBy, deliveredAt } = channel;
  const { told: known, waiting, failing } = channel;
  return {
    name,
    kind,
    target,
    clusters: clusters === null ? null : [...clusters],
    severity,
    everySeconds,
    createdAt: isoTime(createdAt),
    createdBy,
    deliveredAt: isoTimeOrNull(deliveredAt),
    openProblems: known.length,
    waiting: waiting && {
      since: isoTime(waiting.at),
      problems: waiting.shown.length + waiting.others.length,
      recovered: waiting.over.length,
    },
    failing: failing && {
      attempts: failing.attempts,
      reason: told(failing.reason),
      nextAt: isoTime(failing.nextAt),
    },
  };
}
