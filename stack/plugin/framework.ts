import type { S3ClientConfig } from '@aws-sdk/client-s3';

/** What every client of the SDK takes. */
export type ClientSettings = Pick<S3ClientConfig, 'region' | 'credentials' | 'endpoint' | 'requestHandler'>;

/** The part of the Serverless Framework that the plugin works with, in osls 4 and in versions 3 and 4 of the original. */
export interface Serverless {
  readonly serviceDir: string;
  readonly service: {
    readonly provider: { readonly architecture?: string };
    readonly functions: Readonly<Record<string, FunctionSettings>>;
    readonly custom?: unknown;
  };
  getProvider(name: 'aws'): AwsProvider;
}

export interface FunctionSettings {
  readonly architecture?: string;
  readonly package?: { readonly artifact?: string };
}

export interface AwsProvider {
  getRegion(): string;
  getStage(): string;
  getServerlessDeploymentBucketName(): Promise<string>;
  readonly naming: { getStackName(): string };
  /** Region, credentials and proxy as the framework itself uses them; osls only. */
  getAwsSdkV3Config?(): Promise<ClientSettings>;
}

/** Where a plugin speaks to people. */
export interface Output {
  readonly log: { notice(message: string): void; warning(message: string): void };
}

/** Settings for a client of the account that the framework works with. */
export async function clientSettings(serverless: Serverless): Promise<ClientSettings> {
  const provider = serverless.getProvider('aws');
  return provider.getAwsSdkV3Config ? provider.getAwsSdkV3Config() : { region: provider.getRegion() };
}
