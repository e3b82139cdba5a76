import * as Type from 'typebox';
import { ChannelCreate, ChannelName, ChannelView, TestSent } from '../protocol/notifications.ts';
import { pageSchema } from '../protocol/page.ts';
import { strict } from '../protocol/primitives.ts';
import type { Contracts } from './contract.ts';
import { nothing } from './schemas.ts';

const ByName = Type.Object({ name: ChannelName }, strict);

/** Where notifications go. Addresses and secrets come in with a request, and no answer has them (R11). */
export const notificationContracts = {
  channels: { route: 'GET /v1/notifications', access: 'viewer', answers: { 200: pageSchema(ChannelView) } },
  addChannel: {
    route: 'POST /v1/notifications',
    access: 'admin',
    body: ChannelCreate,
    answers: { 201: ChannelView },
    errors: ['channel_exists', 'channel_invalid', 'channel_limit', 'not_found'],
  },
  removeChannel: { route: 'DELETE /v1/notifications/:name', access: 'admin', params: ByName, answers: nothing },
  /** The answer comes once the receiver has taken the message. */
  testChannel: {
    route: 'POST /v1/notifications/:name/test',
    access: 'admin',
    params: ByName,
    answers: { 200: TestSent },
    errors: ['notification_failed'],
  },
} as const satisfies Contracts;
