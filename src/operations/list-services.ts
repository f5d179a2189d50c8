import { defineLookup } from './lookup.js';

export const listServices = defineLookup({
  id: 'ListServices',
  path: '/services',
  description:
    'Lists the services of the account, at most 2,000. It fills the dropdowns from which a service is chosen.',
  output: 'ServicesResponse',
  outputDescription: 'The services of the account.',
  query: 'Only services whose name contains this text.',
  maxItems: 2_000,
  fetch: ({ directory }, page) => directory.services(page),
  item: 'Service',
});
