import { Alert, DataTable } from './parts.js';
import { fetchSchema, type SchemaProperty } from './server.js';
import { useAsked } from './useAsked.js';

/** Every key that a payload may have, as its JSON Schema says. */
export function KeyReference() {
  const { value: schema, error } = useAsked('schema', fetchSchema);
  return (
    <details>
      <summary>All keys of a payload</summary>
      <Alert error={error} />
      {schema && (
        <DataTable
          caption="Keys of a payload"
          headings={['Key', 'Takes', 'Default', 'What it says']}
          rows={Object.entries(schema.properties).map(([key, property]) => [
            <code>{key}</code>,
            takes(property),
            schema.required?.includes(key)
              ? 'required'
              : property.default === undefined
                ? ''
                : JSON.stringify(property.default),
            property.description ?? '',
          ])}
        />
      )}
    </details>
  );
}

function takes(property: SchemaProperty): string {
  if (property.anyOf) return [...new Set(property.anyOf.map(takes))].join(' or ');
  if (property.enum) return property.enum.map((value) => JSON.stringify(value)).join(', ');
  if (property.const !== undefined) return JSON.stringify(property.const);
  const { type = 'anything', minimum, maximum } = property;
  return minimum !== undefined && maximum !== undefined ? `${type} ${minimum}–${maximum}` : type;
}
