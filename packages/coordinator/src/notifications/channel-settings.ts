import type { ChannelSettings } from '@picket/shared/protocol/notifications.ts';
import type { Instant } from '../model/instant.ts';
import type { Channel } from './channel.ts';
import { ntfyChannel, topicOf } from './ntfy-channel.ts';
import { pingChannel } from './ping-channel.ts';
import { webhookChannel } from './webhook-channel.ts';

export type SettingsOf<Kind extends ChannelSettings['kind']> = Extract<ChannelSettings, { readonly kind: Kind }>;

/** Pure. */
export function channelOf(settings: ChannelSettings, now: () => Instant): Channel {
  switch (settings.kind) {
    case 'webhook':
      return webhookChannel(settings, now);
    case 'ntfy':
      return ntfyChannel(settings);
    case 'ping':
      return pingChannel(settings);
  }
}

/** What is wrong with settings of the right form; null if nothing is. No text repeats a URL or a secret (R11). Pure. */
export function settingsProblem(settings: ChannelSettings): string | null {
  const url = URL.parse(settings.url);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'its address must be a URL that begins with https:// or http://';
  if (url.username !== '' || url.password !== '')
    return 'its URL must hold no user and no password; give a token with --token-file';
  if (settings.kind === 'ntfy' && !/^[-_A-Za-z0-9]{1,64}$/.test(topicOf(url)))
    return 'the URL of ntfy must end with a topic, such as https://ntfy.sh/TOPIC';
  const isSecret = settings.kind !== 'ping' && settings.token !== undefined;
  if (url.protocol === 'http:' && isSecret && !isLoopback(url))
    return 'a token crosses the network only encrypted: use a URL that begins with https://';
  if (settings.ca !== undefined && !settings.ca.includes('-----BEGIN CERTIFICATE-----'))
    return 'the file of --ca holds no certificate in PEM';
  return null;
}

function isLoopback({ hostname }: URL): boolean {
  return ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}
