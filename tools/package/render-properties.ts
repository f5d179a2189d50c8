import type { ServiceRegion } from '../../src/pagerduty/regions.js';

/** What designers call each region. */
const regionNames: Readonly<Record<ServiceRegion, string>> = { us: 'US', eu: 'EU' };

/**
 * Renders `apiProperties.json`: what a connection asks for, and what becomes of it in each request. The templates of
 * the policies are documented at https://learn.microsoft.com/connectors/custom-connectors/policy-templates.
 */
export function renderProperties(): object {
  return {
    properties: {
      iconBrandColor: '#3a2f6b',
      capabilities: ['actions', 'triggers'],
      connectionParameters: { host, api_key: apiKey, routing_key: routingKey, region, access_token: accessToken },
      policyTemplateInstances: [
        {
          templateId: 'dynamichosturl',
          title: 'Send requests to the host of the connection',
          parameters: { 'x-ms-apimTemplateParameter.urlTemplate': "https://@connectionParameters('host')" },
        },
        setHeader('Send the API key of the connection', 'X-API-Key', "@connectionParameters('api_key')"),
        // Empty if the connection has none; the service takes that for none.
        setHeader('Send the routing key of the connection', 'X-Routing-Key', "@connectionParameters('routing_key','')"),
        // Empty if the region was left empty; the service takes that for none.
        setHeader('Send the region of the connection', 'X-PagerDuty-Region', "@connectionParameters('region','')"),
        // Empty if the connection has none; a service that is not private asks for none.
        setHeader(
          'Send the access token of the connection',
          'X-Access-Token',
          "@connectionParameters('access_token','')",
        ),
      ],
      publisher: 'PagerDuty connector service',
      stackOwner: 'PagerDuty',
    },
  };
}

const host = {
  type: 'string',
  uiDefinition: {
    displayName: 'Host',
    description: 'The host name of your PagerDuty connector service, without https://, such as hooks.example.com.',
    tooltip:
      'The service must be reachable over https. If it is below a path, add the path: hooks.example.com/pagerduty.',
    constraints: { tabIndex: 1, clearText: true, required: 'true' },
  },
};

const apiKey = {
  type: 'securestring',
  uiDefinition: {
    displayName: 'PagerDuty API Key',
    description: 'A REST API key of your PagerDuty account.',
    tooltip:
      'In PagerDuty, an admin creates one under Integrations, API Access Keys; a user under My Profile, User Settings.',
    constraints: { tabIndex: 2, clearText: false, required: 'true' },
  },
};

const routingKey = {
  type: 'securestring',
  uiDefinition: {
    displayName: 'Routing Key',
    description: 'The key of an Events API v2 integration, for Send event and Send change event. It may be left empty.',
    tooltip: 'In PagerDuty, open the service, then Integrations. A routing key that a step names itself comes first.',
    constraints: { tabIndex: 3, clearText: false, required: 'false' },
  },
};

const region = {
  type: 'string',
  uiDefinition: {
    displayName: 'PagerDuty Region',
    description: 'The region of your PagerDuty account. Leave it empty for the region that the service is set to.',
    tooltip: 'An account is in the EU region if its address ends in eu.pagerduty.com, else in the US region.',
    constraints: {
      tabIndex: 4,
      required: 'false',
      allowedValues: Object.entries(regionNames).map(([value, text]) => ({ value, text })),
    },
  },
};

const accessToken = {
  type: 'securestring',
  uiDefinition: {
    displayName: 'Access Token',
    description: 'The access token of your PagerDuty connector service. Leave it empty if the service asks for none.',
    tooltip: 'Whoever runs the service has it. It lets you use the service, and says nothing to PagerDuty.',
    constraints: { tabIndex: 5, clearText: false, required: 'false' },
  },
};

function setHeader(title: string, name: string, value: string): object {
  return {
    templateId: 'setheader',
    title,
    parameters: {
      'x-ms-apimTemplateParameter.name': name,
      'x-ms-apimTemplateParameter.value': value,
      'x-ms-apimTemplateParameter.existsAction': 'override',
      'x-ms-apimTemplate-policySection': 'Request',
    },
  };
}
