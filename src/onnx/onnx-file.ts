import { PbfWriter } from "pbf";
import { littleEndianBytes } from "../formats/numeric-array.ts";
import {
  ELEMENT_TYPES,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxPort,
  OPSET,
} from "./onnx-graph.ts";

// The numbers of the fields are those of onnx.proto (https://github.com/onnx/onnx, IR version 8).

/** The version of the file format that came with the opset. */
const IR_VERSION = 8;

const ELEMENT_SIZES = { float32: 4, int64: 8 } as const;

/** What a field of bytes or of a message begins with. */
const LENGTH_DELIMITED = 2;

/** Protocol buffers end here. */
const LARGEST_FILE = 2 ** 31 - 1;

/** A graph with what a model file says about itself. */
export interface OnnxModel {
  readonly graph: OnnxGraph;
  readonly name: string;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * A model as the bytes of an ONNX file, piece by piece: weights are read and passed on one at a time, so that a model
 * never stands in memory a second time.
 *
 * @throws RangeError when the file would have 2 GiB or more
 */
export async function* onnxFile({ graph, name, metadata }: OnnxModel): AsyncGenerator<Uint8Array> {
  const initializers = [...graph.initializers.values()].map((initializer) => ({
    ...initializer,
    header: message(writeTensorHeader, initializer),
  }));
  const body = message(writeGraphBody, { graph, name });
  const sizes = initializers.map((initializer) => initializer.header.length + byteLength(initializer));
  const framed = sizes.map((size) => frame(5, size).length + size);
  const graphSize = framed.reduce((sum, size) => sum + size, body.length);
  const head = message(writeModelHead, metadata);
  if (head.length + frame(7, graphSize).length + graphSize > LARGEST_FILE) {
    throw new RangeError(`An ONNX file must be smaller than 2 GiB. This model's weights take ${graphSize} bytes.`);
  }
  yield head;
  yield frame(7, graphSize);
  yield body;
  for (const [index, { header, values }] of initializers.entries()) {
    yield frame(5, sizes[index] as number);
    yield header;
    yield littleEndianBytes(await values());
  }
}

/** ModelProto without its graph. */
function writeModelHead(metadata: ReadonlyMap<string, string>, pbf: PbfWriter): void {
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, "multimodal-video-tag");
  pbf.writeMessage(8, (version, operators) => operators.writeVarintField(2, version), OPSET);
  for (const entry of metadata) {
    const write = ([key, value]: typeof entry, property: PbfWriter) => {
      property.writeStringField(1, key);
      property.writeStringField(2, value);
    };
    pbf.writeMessage(14, write, entry);
  }
}

/** GraphProto without its initializers. */
function writeGraphBody({ graph, name }: Pick<OnnxModel, "graph" | "name">, pbf: PbfWriter): void {
  for (const node of graph.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, name);
  for (const port of graph.inputs) pbf.writeMessage(11, writePort, port);
  for (const port of graph.outputs) pbf.writeMessage(12, writePort, port);
}

function writeNode({ operator, inputs, output, attributes }: OnnxNode, pbf: PbfWriter): void {
  for (const input of inputs) pbf.writeStringField(1, input);
  pbf.writeStringField(2, output);
  pbf.writeStringField(3, output);
  pbf.writeStringField(4, operator);
  for (const attribute of Object.entries(attributes)) pbf.writeMessage(5, writeAttribute, attribute);
}

function writeAttribute([name, value]: [string, OnnxAttribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if ("float" in value) {
    pbf.writeFloatField(2, value.float);
    pbf.writeVarintField(20, 1);
  } else if ("int" in value) {
    pbf.writeVarintField(3, value.int);
    pbf.writeVarintField(20, 2);
  } else if ("text" in value) {
    pbf.writeStringField(4, value.text);
    pbf.writeVarintField(20, 3);
  } else {
    for (const number of value.ints) pbf.writeVarintField(8, number);
    pbf.writeVarintField(20, 7);
  }
}

function writePort({ name, dtype, shape, description }: OnnxPort, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeMessage(2, writeType, { dtype, shape });
  pbf.writeStringField(3, description);
}

function writeType({ dtype, shape }: Pick<OnnxPort, "dtype" | "shape">, pbf: PbfWriter): void {
  const writeAxis = (size: number | string, axis: PbfWriter): void => {
    if (typeof size === "number") axis.writeVarintField(1, size);
    else axis.writeStringField(2, size);
  };
  const writeShape = (_: undefined, axes: PbfWriter): void => {
    for (const size of shape) axes.writeMessage(1, writeAxis, size);
  };
  const writeTensor = (_: undefined, tensor: PbfWriter): void => {
    tensor.writeVarintField(1, ELEMENT_TYPES[dtype]);
    tensor.writeMessage(2, writeShape, undefined);
  };
  pbf.writeMessage(1, writeTensor, undefined);
}

/** TensorProto up to where its values stand. */
function writeTensorHeader(initializer: OnnxInitializer, pbf: PbfWriter): void {
  for (const size of initializer.shape) pbf.writeVarintField(1, size);
  pbf.writeVarintField(2, ELEMENT_TYPES[initializer.dtype]);
  pbf.writeStringField(8, initializer.name);
  pbf.writeTag(9, LENGTH_DELIMITED);
  pbf.writeVarint(byteLength(initializer));
}

function byteLength({ dtype, shape }: OnnxInitializer): number {
  return shape.reduce((product, size) => product * size, ELEMENT_SIZES[dtype]);
}

/** What stands before a field whose content follows in pieces. */
function frame(field: number, length: number): Uint8Array {
  const write = (_: undefined, pbf: PbfWriter): void => {
    pbf.writeTag(field, LENGTH_DELIMITED);
    pbf.writeVarint(length);
  };
  return message(write, undefined);
}

function message<T>(write: (content: T, pbf: PbfWriter) => void, content: T): Uint8Array {
  const pbf = new PbfWriter();
  write(content, pbf);
  return pbf.finish();
}
