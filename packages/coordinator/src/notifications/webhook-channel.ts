import { createHmac } from 'node:crypto';
import type { Instant } from '../model/instant.ts';
import type { Channel } from './channel.ts';
import type { SettingsOf } from './channel-settings.ts';
import { sendRequest } from './http-request.ts';

/**
 * Posts each notification as JSON. With a signing key, `X-Picket-Signature` is `t=SECONDS,v1=HEX`: the HMAC-SHA-256 of the
 * seconds since 1970, a dot and the body. A repeated delivery has the same `X-Picket-Message`.
 */
export function webhookChannel(settings: SettingsOf<'webhook'>, now: () => Instant): Channel {
  const url = new URL(settings.url);
  const { token, signingKey, ca } = settings;
  return {
    target: url.origin,
    send(notification, signal) {
      const body = JSON.stringify(notification);
      const headers = {
        'content-type': 'application/json',
        'x-picket-message': notification.id,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(signingKey === undefined ? {} : { 'x-picket-signature': signature(signingKey, now(), body) }),
      };
      return sendRequest({ method: 'POST', url, headers, body, ca }, signal);
    },
  };
}

function signature(key: string, now: Instant, body: string): string {
  const seconds = Math.floor(now / 1000);
  return `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')}`;
}
