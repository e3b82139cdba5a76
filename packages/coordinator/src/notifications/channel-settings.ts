import { hostOf, isLinkLocal, isToThisMachine } from '@picket/shared/names.ts';
import { foreignAuthoritiesProblem } from '@picket/shared/pki/foreign-authorities.ts';
import type { ChannelSettings } from '@picket/shared/protocol/notifications.ts';
import type { Instant } from '../model/instant.ts';
import type { Channel } from './channel.ts';
import { sendRequest } from './http-request.ts';
import { ntfyChannel, topicOf } from './ntfy-channel.ts';
import { smtpChannel } from './smtp-channel.ts';
import { webhookChannel } from './webhook-channel.ts';

export type SettingsOf<Kind extends ChannelSettings['kind']> = Extract<ChannelSettings, { readonly kind: Kind }>;

/** Pure. */
export function channelOf(settings: ChannelSettings, now: () => Instant): Channel {
  switch (settings.kind) {
    case 'webhook':
      return webhookChannel(settings, now);
    case 'ntfy':
      return ntfyChannel(settings);
    case 'smtp':
      return smtpChannel(settings);
    case 'ping':
      return pingChannel(settings);
  }
}

/** Calls a URL, so that the service behind it notices when the calls stop. It tells nothing else. */
function pingChannel({ url: given, ca }: SettingsOf<'ping'>): Channel {
  const url = new URL(given);
  return {
    target: url.origin,
    send: (_notification, signal) => sendRequest({ method: 'GET', url, headers: {}, body: '', ca }, signal),
  };
}

/** What is wrong with settings of the right form; null if nothing is. No text repeats a URL or a secret (R11). Pure. */
export function settingsProblem(settings: ChannelSettings): string | null {
  const url = URL.parse(settings.url);
  if (url !== null && isLinkLocal(hostOf(url)))
    return 'its address is link-local, and Picket sends nothing there; give another address or the name of the receiver';
  if (settings.kind === 'smtp') return mailProblem(settings, url) ?? caProblem(settings);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'its address must be a URL that begins with https:// or http://';
  if (url.username !== '' || url.password !== '')
    return 'its URL must hold no user and no password; give a token with --token-file';
  if (settings.kind === 'ntfy' && !/^[-_A-Za-z0-9]{1,64}$/.test(topicOf(url)))
    return 'the URL of ntfy must end with a topic, such as https://ntfy.sh/TOPIC';
  // Messages go to the root of the server, so they would be sent without it.
  if (settings.kind === 'ntfy' && (url.search !== '' || url.hash !== ''))
    return 'nothing may stand after the topic in the URL of ntfy; give a token with --token-file';
  const isSecret = settings.kind !== 'ping' && settings.token !== undefined;
  if (url.protocol === 'http:' && isSecret && !isToThisMachine(url))
    return 'a token crosses the network only encrypted: use a URL that begins with https://';
  return caProblem(settings);
}

function mailProblem({ user, password }: SettingsOf<'smtp'>, url: URL | null): string | null {
  if (url === null || (url.protocol !== 'smtps:' && url.protocol !== 'smtp:') || url.hostname === '')
    return 'its address must be smtps://HOST or smtp://HOST, with :PORT if the port is neither 465 nor 587';
  if (url.username !== '' || url.password !== '')
    return 'its URL must hold no user and no password; give them with --user and --password-file';
  if ((url.pathname !== '' && url.pathname !== '/') || url.search !== '' || url.hash !== '')
    return 'the URL of a mail server must end with the host or the port';
  if ((user === undefined) !== (password === undefined)) return '--user and --password-file go together';
  return null;
}

function caProblem({ ca }: Pick<ChannelSettings, 'ca'>): string | null {
  const problem = ca === undefined ? null : foreignAuthoritiesProblem(ca);
  return problem && `the file of --ca ${problem}`;
}
