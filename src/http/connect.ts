import type { FastifyRequest } from 'fastify';
import type { Connection } from '../connection/connection.js';
import type { ConnectionRegistry } from '../connection/connection-registry.js';
import type { PagerDutyRegions } from '../pagerduty/pagerduty-regions.js';
import { authenticate } from './authenticate.js';
import { requestedRegion } from './requested-region.js';

/**
 * Makes what finds the connection of a request: that of its key in its region. It is looked up once a request.
 * The finder throws a {@link ServiceError}, 401 for the key and 400 for the region.
 */
export function connectWith(
  connections: ConnectionRegistry,
  regions: PagerDutyRegions,
): (request: Pick<FastifyRequest, 'headers' | 'callerConnection'>) => Connection {
  return (request) => {
    request.callerConnection ??= connections.open(
      authenticate(request.headers),
      regions.of(requestedRegion(request.headers)),
    );
    return request.callerConnection;
  };
}
