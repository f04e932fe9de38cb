// What layouts of data sets call themselves, in every language.
const NAMES: Record<string, string> = {
  medreginstruct: 'MedRegInstruct', coco: 'COCO', yolo: 'YOLO', voc: 'Pascal VOC', llava: 'LLaVA', sharegpt: 'ShareGPT', internvl: 'InternVL', 'qwen-vl': 'Qwen-VL',
  'qwen2.5-vl': 'Qwen2.5-VL', csv: 'CSV', parquet: 'Parquet', webdataset: 'WebDataset', 'vindr-cxr': 'VinDr-CXR', 'ms-cxr': 'MS-CXR', slake: 'SLAKE', 'vqa-rad': 'VQA-RAD',
  'path-vqa': 'PathVQA', 'pmc-vqa': 'PMC-VQA', 'sa-med2d-20m': 'SA-Med2D-20M', 'chest-imagenome': 'Chest ImaGenome', 'padchest-gr': 'PadChest-GR', 'iu-xray': 'IU X-ray',
}
export const layoutName = (layout: string): string => NAMES[layout] ?? layout

// Under which its sentence stands among the texts: a key has neither dots nor dashes.
export const layoutKey = (layout: string): string => layout.replace(/[^a-z0-9]+/g, '_')
