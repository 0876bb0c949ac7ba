import { GetParameterCommand, ParameterNotFound, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { messageOf } from '../../run/errors.js';
import { HostParameterError } from '../errors.js';

/**
 * What a rendezvous host and its stack tell each other through SSM, below one path: the `secret`, a SecureString that the
 * deployment makes, and the `fingerprint` of the certificate, which only the host can know.
 */
export class HostParameters {
  readonly #ssm: SSMClient;
  readonly #path: string;

  constructor(path: string, ssm = new SSMClient({})) {
    this.#path = path;
    this.#ssm = ssm;
  }

  /** @throws HostParameterError */
  async secret(): Promise<string> {
    const name = `${this.#path}/secret`;
    try {
      const { Parameter } = await this.#ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
      return Parameter?.Value ?? '';
    } catch (error) {
      const fault = error instanceof ParameterNotFound ? 'it does not exist' : messageOf(error);
      throw new HostParameterError(name, 'read', fault, error);
    }
  }

  /** @throws HostParameterError */
  async publishFingerprint(fingerprint: string): Promise<void> {
    const name = `${this.#path}/fingerprint`;
    try {
      await this.#ssm.send(
        new PutParameterCommand({ Name: name, Value: fingerprint, Type: 'String', Overwrite: true }),
      );
    } catch (error) {
      throw new HostParameterError(name, 'written', messageOf(error), error);
    }
  }
}
