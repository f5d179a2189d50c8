declare module 'swagger-client' {
  /** Reads a definition and offers each of its operations as a function, below its tag and by its operationId. */
  function SwaggerClient(options: {
    url: string;
    /** Values for the definition's securityDefinitions, by their names. */
    authorizations?: Readonly<Record<string, string>>;
  }): Promise<SwaggerClient.Client>;
  namespace SwaggerClient {
    interface Client {
      readonly spec: unknown;
      readonly apis: Readonly<Record<string, Readonly<Record<string, Call>>>>;
    }
    /** Sends one request. Rejects with an error that has `status` and `response` unless the answer is a 2xx. */
    type Call = (parameters?: object) => Promise<Response>;
    interface Response {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: unknown;
    }
  }
  export = SwaggerClient;
}
