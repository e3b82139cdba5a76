import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { Access } from '@picket/shared/contract/contract.ts';
import { errorTable } from '@picket/shared/errors/table.ts';
import { eventTable } from '@picket/shared/events/table.ts';
import { reasonTable } from '@picket/shared/reasons/table.ts';
import { version } from '../model/own-version.ts';

const scheme = 'clientCertificate';

/** The schemas have no enumerations: a client of another version must accept a code that it does not know. */
const codes = {
  'x-error-codes': Object.keys(errorTable).sort(),
  'x-reason-codes': Object.keys(reasonTable).sort(),
  'x-event-kinds': Object.keys(eventTable).sort(),
};

/**
 * The general part of `/openapi.json`, and who may call each route. The latter is in the form of OpenAPI 3.1 (4.8.30):
 * the least role of the client's certificate.
 */
export const openApi: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: { title: 'Picket coordinator', version, license: { name: 'Apache-2.0' } },
    components: { securitySchemes: { [scheme]: { type: 'mutualTLS' } as never } },
    ...codes,
  },
  transform: ({ schema, url, route }) => ({
    url,
    schema: { ...schema, security: securityOf(route.config?.access) },
  }),
};

function securityOf(access: Access | undefined): { [scheme]?: string[] }[] {
  switch (access) {
    case undefined:
    case 'anyone':
      return [];
    case 'monitor':
      // Calls from the coordinator's own machine need no certificate.
      return [{}, { [scheme]: ['viewer'] }];
    default:
      return [{ [scheme]: [access] }];
  }
}
