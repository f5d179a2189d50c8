import Type from 'typebox';
import type { Connection } from '../connection/connection.js';
import type { ErrorCode } from '../errors/error-codes.js';
import { ServiceError } from '../errors/service-error.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import { defineOperation } from './operation.js';

export const testConnection = defineOperation({
  id: 'TestConnection',
  summary: 'Test connection',
  description: 'Tells whether PagerDuty accepts the API key of the connection, and what the key may do.',
  method: 'GET',
  path: '/test_connection',
  input: Type.Object({}),
  output: 'ConnectionTest',
  outputDescription: 'PagerDuty accepts the key, and this is what it may do.',
  visibility: 'internal',
  async run(_, { connection }) {
    try {
      await connection.probe.read();
    } catch (error) {
      if (error instanceof PagerDutyResponseError && error.pagerDutyStatus === 401)
        throw await explain(connection, error);
      throw error;
    }
    return (await connection.probe.mayWrite())
      ? { access: 'full', message: 'PagerDuty accepts the key, and it may read and change incidents.' }
      : {
          access: 'read-only',
          message:
            'PagerDuty accepts the key, but it may only read: triggers and dropdowns work, actions that change incidents do not. Use a key that was not created as read-only to change incidents.',
        };
  },
});

/** Why PagerDuty refuses a key, in the words of somebody who can do something about it. */
async function explain(connection: Connection, cause: PagerDutyResponseError): Promise<ServiceError> {
  if (connection.probe.looksLikeIntegrationKey) {
    return refusal(
      'integration_key_as_api_key',
      'The key looks like an integration key, which belongs to one service and is used in Create incident. Expected a REST API key: in PagerDuty, an admin creates one under Integrations, API Access Keys; a user creates one under My Profile, User Settings.',
      cause,
    );
  }
  if (await connection.probe.isOfOtherRegion()) {
    return refusal(
      'api_key_of_other_region',
      'The key belongs to an account in PagerDuty’s other region. Expected a key of the region that the connection uses: choose the other region in the connection, or send it as X-PagerDuty-Region: us or eu.',
      cause,
    );
  }
  return refusal(
    'invalid_api_key',
    'PagerDuty does not accept the API key. Expected a key that is copied whole and has not been deleted: create a new one in PagerDuty if you are not sure, and enter it in the connection.',
    cause,
  );
}

function refusal(code: ErrorCode, message: string, cause: PagerDutyResponseError): ServiceError {
  return new ServiceError({ code, statusCode: 401, message, details: cause.details, cause });
}
