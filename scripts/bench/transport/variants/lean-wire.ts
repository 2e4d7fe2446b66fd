import { createLeanTransport } from '../../../../src/adapters/apigateway/lean-transport.ts';
import { measure } from '../measure.ts';

await measure(createLeanTransport);
