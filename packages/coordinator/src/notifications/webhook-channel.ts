import { createHmac } from 'node:crypto';
import type { Instant } from '../model/instant.ts';
import type { Channel } from './channel.ts';
import type { SettingsOf } from './channel-settings.ts';
import { postChannel } from './http-request.ts';

/**
 * Posts each notification as JSON. With a signing key, `X-Picket-Signature` is `t=SECONDS,v1=HEX`: the HMAC-SHA-256 of the
 * seconds since 1970, a dot and the body. A repeated delivery has the same `X-Picket-Message`.
 */
export function webhookChannel(settings: SettingsOf<'webhook'>, now: () => Instant): Channel {
  const { url, signingKey } = settings;
  return postChannel(new URL(url), settings, (notification) => {
    const body = JSON.stringify(notification);
    const headers = {
      'x-picket-message': notification.id,
      ...(signingKey === undefined ? {} : { 'x-picket-signature': signature(signingKey, now(), body) }),
    };
    return { headers, body };
  });
}

function signature(key: string, now: Instant, body: string): string {
  const seconds = Math.floor(now / 1000);
  return `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')}`;
}
