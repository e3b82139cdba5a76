import type { Channel } from './channel.ts';
import type { SettingsOf } from './channel-settings.ts';
import { sendRequest } from './http-request.ts';

/** Calls a URL, so that the service behind it notices when the calls stop. It tells nothing else. */
export function pingChannel({ url: given, ca }: SettingsOf<'ping'>): Channel {
  const url = new URL(given);
  return {
    target: url.origin,
    send: (_notification, signal) => sendRequest({ method: 'GET', url, headers: {}, body: '', ca }, signal),
  };
}
