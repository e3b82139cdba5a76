import type { ChannelSeen, Deliveries } from '../notifications/notifier.ts';
import { type Sample, sample } from './families.ts';

/** Of the channels for notifications. Pure. */
export function notificationSamples(channels: readonly ChannelSeen[], deliveries: readonly Deliveries[]): Sample[] {
  return [
    ...channels.map(({ name: channel, kind, failing }) =>
      sample('picket_notification_channel_failing', { channel, kind }, Number(failing !== null)),
    ),
    ...deliveries.map(({ kind, result, count }) => sample('picket_notifications_total', { kind, result }, count)),
  ];
}
