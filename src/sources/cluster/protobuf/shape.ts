/** How a field of a message becomes a field of the JSON object that the API server would have sent instead. */
export interface FieldShape {
  /** As JSON calls it; "" for a message whose fields JSON shows among its parent's. */
  readonly name: string;
  readonly type:
    | "text"
    | "integer"
    | "flag"
    | "labels"
    | "quantities"
    | "message"
    | "time"
    | "microTime"
    | "integerOrText"
    /** Bytes as they stand in the body, which are there only until the object is taken. */
    | "bytes";
  readonly repeated: boolean;
  /** A pointer in Go: given where it is sent at all. Of other fields Go sends what is empty, too, and JSON leaves it out. */
  readonly pointer: boolean;
  readonly message: MessageShape | null;
  /** Messages that are mostly the same in many objects: equal ones are decoded once, and are one value. */
  readonly shared: boolean;
  /** Messages of which nothing is read: those whose first field begins so; "" for none. */
  readonly passedOver: string;
}

/** The fields of a message that are read, by their numbers; all others are skipped unread. */
export type MessageShape = readonly (FieldShape | undefined)[];

export function message(fields: Readonly<Record<number, FieldShape>>): MessageShape {
  const shape: (FieldShape | undefined)[] = [];
  for (const [number, field] of Object.entries(fields)) shape[Number(number)] = field;
  return shape;
}

function scalar(type: FieldShape["type"], pointer: boolean, repeated = false) {
  return (name: string): FieldShape => ({
    name,
    type,
    repeated,
    pointer,
    message: null,
    shared: false,
    passedOver: "",
  });
}

export const text = scalar("text", false);
export const textPointer = scalar("text", true);
export const texts = scalar("text", true, true);
export const integer = scalar("integer", false);
export const integerPointer = scalar("integer", true);
export const flag = scalar("flag", false);
export const flagPointer = scalar("flag", true);
/** A map of texts. */
export const labels = scalar("labels", true);
/** A map of resource.Quantity, which is a message around a text. */
export const quantities = scalar("quantities", true);
export const time = scalar("time", true);
export const microTime = scalar("microTime", true);
export const integerOrText = scalar("integerOrText", true);
export const bytes = scalar("bytes", true);

export function one(name: string, shape: MessageShape): FieldShape {
  return { name, type: "message", repeated: false, pointer: true, message: shape, shared: false, passedOver: "" };
}

export function many(name: string, shape: MessageShape): FieldShape {
  return { name, type: "message", repeated: true, pointer: true, message: shape, shared: false, passedOver: "" };
}

/** Marks a field as FieldShape's `shared`. */
export function shared(field: FieldShape): FieldShape {
  return { ...field, shared: true };
}

/** Marks a field as FieldShape's `passedOver`. */
export function without(begin: string, field: FieldShape): FieldShape {
  return { ...field, passedOver: begin };
}

/** A struct that Go embeds: JSON shows its fields among those of the struct around it. */
export function embedded(shape: MessageShape): FieldShape {
  return one("", shape);
}
