"""A DICOMweb client of others against the running server: it stores, finds and retrieves, and the objects that come back are read by
pydicom, highdicom, dcmtk and dicom3tools. Every fault ends the script.

usage: dicomweb.py SERVER PROJECT TOKEN FOLDER
"""

import subprocess
import sys
import uuid
from io import BytesIO
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import requests
from dicomweb_client.api import DICOMwebClient
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_modality_lut
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

server, project, token, folder = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
api = requests.Session()
api.headers['Authorization'] = f'Bearer {token}'
root = f'{server}/api/projects/{project}'
client = DICOMwebClient(url=f'{root}/dicomweb', headers={'Authorization': f'Bearer {token}'})


def call(method, path, status=200, **arguments):
    answer = api.request(method, f'{server}{path}' if path.startswith('/api') else f'{root}/{path}', **arguments)
    assert answer.status_code == status, (method, path, answer.status_code, answer.text)
    return answer


def sent(modality, sop_class, pixels, patient, study, **others):
    """A data set as a scanner or a workstation might send it."""
    data = Dataset()
    data.SpecificCharacterSet = 'ISO_IR 192'
    data.SOPClassUID, data.SOPInstanceUID = sop_class, generate_uid()
    data.StudyInstanceUID, data.SeriesInstanceUID = study, generate_uid()
    data.PatientName, data.PatientID, data.Modality = 'Doe^Jane', patient, modality
    data.ImageType = ['ORIGINAL', 'PRIMARY']
    data.InstanceNumber, data.SeriesNumber = 7, 3
    data.BurnedInAnnotation = 'NO'
    colour = pixels.shape[-1] == 3
    frames = pixels.shape[0] if pixels.ndim == (4 if colour else 3) else 1
    data.Rows, data.Columns = pixels.shape[-3:-1] if colour else pixels.shape[-2:]
    if frames > 1:
        data.NumberOfFrames = frames
    data.SamplesPerPixel = 3 if colour else 1
    data.PhotometricInterpretation = 'RGB' if colour else 'MONOCHROME2'
    if colour:
        data.PlanarConfiguration = 0
    data.BitsAllocated = data.BitsStored = pixels.dtype.itemsize * 8
    data.HighBit = data.BitsAllocated - 1
    data.PixelRepresentation = int(pixels.dtype.kind == 'i')
    data.PixelData = pixels.astype(pixels.dtype.newbyteorder('<')).tobytes()
    for name, value in others.items():
        setattr(data, name, value)
    data.preamble = bytes(128)
    data.file_meta = FileMetaDataset()
    data.file_meta.FileMetaInformationGroupLength = 0  # Counted when it is written.
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID, data.file_meta.MediaStorageSOPInstanceUID = sop_class, data.SOPInstanceUID
    return data


def images():
    return [image['id'] for image in call('GET', 'images?limit=500').json()['images']]


def store(data):
    """Stores a file, and tells where it is now and the id of its image."""
    before = set(images())
    told = client.store_instances([data])
    [kept] = told.ReferencedSOPSequence
    assert kept.ReferencedSOPInstanceUID != data.SOPInstanceUID
    assert 'FailedSOPSequence' not in told
    [image] = set(images()) - before
    parts = kept.RetrieveURL.split('/')
    call('POST', f'/api/images/{image}/attestation', json={'burned_in': False})
    return parts[-5], parts[-3], parts[-1], image


def values(data):
    array = data.pixel_array
    return array if data.SamplesPerPixel == 3 else apply_modality_lut(array, data).astype(float)


def written(data, name):
    path = folder / name
    data.save_as(path, enforce_file_format=True)
    return path


def faults(path):
    """What dicom3tools' judge of whole objects finds wrong with one."""
    said = subprocess.run(['dciodvfy', path], capture_output=True, text=True)
    return {line for line in (said.stdout + said.stderr).splitlines() if line.startswith('Error')}


def refused(status, wanted):
    try:
        wanted()
    except requests.HTTPError as error:
        assert error.response.status_code == status, error
        return
    raise AssertionError(f'{status} was expected')


drawn = np.random.default_rng(7)
SECONDARY, CT, CR = ('1.2.840.10008.5.1.4.1.1.7', '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.1')
US_FRAMES = '1.2.840.10008.5.1.4.1.1.3.1'
rescaled = dict(RescaleIntercept=-1024, RescaleSlope=1, RescaleType='HU', PixelSpacing=[0.5, 0.25])
study = generate_uid()
sources = {
    'ct': sent('CT', CT, drawn.integers(0, 4096, (48, 64), dtype=np.uint16), 'A', study, WindowCenter=40, WindowWidth=400, **rescaled),
    'inverse': sent('CR', CR, drawn.integers(0, 4096, (31, 33), dtype=np.uint16), 'B', generate_uid(), PhotometricInterpretation='MONOCHROME1'),
    'fractions': sent('NM', SECONDARY, drawn.integers(0, 999, (9, 7), dtype=np.uint16), 'C', generate_uid(), RescaleSlope=0.37, RescaleIntercept=0),
    'frames': sent('US', US_FRAMES, drawn.integers(0, 256, (3, 15, 17, 3), dtype=np.uint8), 'D', generate_uid()),
    'ct of pydicom': pydicom.dcmread(get_testdata_file('CT_small.dcm', download=False)),
    'mr of pydicom': pydicom.dcmread(get_testdata_file('MR_small.dcm', download=False)),
}

places = {}
for name, source in sources.items():
    places[name] = store(source)
    *uids, image = places[name]
    brought = client.retrieve_instance(*uids)
    assert brought.SOPInstanceUID == uids[2] and brought.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    ours, theirs = values(brought), values(source)
    tolerance = 0 if name != 'fractions' else 0.37 * 999 / 65535
    assert ours.shape == theirs.shape and np.abs(ours - theirs).max() <= tolerance, name
    assert brought.PhotometricInterpretation == source.PhotometricInterpretation, name
    assert 'Jane' not in str(brought)
    path = written(brought, f'{name}.dcm')
    new = faults(path) - faults(written(source, 'source.dcm'))
    assert not new, (name, new)

# QIDO-RS: each level, matching, paging.
studies = client.search_for_studies()
assert len(studies) == len(sources), len(studies)
pages = [client.search_for_studies(limit=2, offset=offset) for offset in range(0, 6, 2)]
assert [s['0020000D'] for page in pages for s in page] == [s['0020000D'] for s in studies]
assert client.search_for_studies(offset=99) == []
ct = places['ct'][:3]
[found] = client.search_for_studies(search_filters={'StudyInstanceUID': ct[0]}, fields=['StudyDescription'])
found = Dataset.from_json(found)
patient = str(found.PatientID)
assert found.NumberOfStudyRelatedInstances == 1 and found.ModalitiesInStudy == 'CT'
assert len(client.search_for_studies(search_filters={'PatientID': patient})) == 1
assert len(client.search_for_studies(search_filters={'PatientID': patient[:5] + '*' + patient[-1]})) == 1
assert client.search_for_studies(search_filters={'PatientID': patient.swapcase()}) == []
assert len(client.search_for_series(search_filters={'Modality': 'CT'})) == 2
assert len(client.search_for_series(ct[0])) == 1
[instance] = client.search_for_instances(*ct[:2], search_filters={'SOPInstanceUID': ct[2]})
assert Dataset.from_json(instance).Rows == 48
refused(400, lambda: client.search_for_studies(search_filters={'Nonsense': '1'}))
warned = call('GET', 'dicomweb/studies?NumberOfStudyRelatedSeries=2')
assert warned.headers['Warning'].startswith('299 ')

# WADO-RS: metadata, frames, rendered, and what it refuses.
[metadata] = client.retrieve_study_metadata(ct[0])
assert Dataset.from_json(metadata).Columns == 64 and '7FE00010' not in metadata
assert len(list(client.iter_study(ct[0]))) == 1
native = ('application/octet-stream', '1.2.840.10008.1.2.1')
us = places['frames'][:3]
frames = client.retrieve_instance_frames(*us, frame_numbers=[3, 1], media_types=(native,))
expected = sources['frames'].pixel_array
assert [bytes(frame) for frame in frames] == [expected[2].tobytes(), expected[0].tobytes()]
refused(404, lambda: client.retrieve_instance_frames(*us, frame_numbers=[4], media_types=(native,)))
refused(404, lambda: client.retrieve_instance(*us[:2], generate_uid()))
jpeg = client.retrieve_instance_frames_rendered(*us, frame_numbers=[2], media_types=('image/jpeg',))
assert Image.open(BytesIO(jpeg)).size == (17, 15)
png = client.retrieve_instance_rendered(*ct, media_types=('image/png',))
assert Image.open(BytesIO(png)).size == (64, 48)
wanted = {'Accept': 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.50'}
call('GET', f'dicomweb/studies/{ct[0]}', 406, headers=wanted)

# STOW-RS: what is no image, what cannot be read, what is of another study.
empty = sent('CT', CT, np.zeros((2, 2), np.uint16), 'E', generate_uid())
del empty.PixelData
spoilt = sent('CT', CT, np.zeros((8, 8), np.uint16), 'E', generate_uid(), Rows=800)
bodies = [BytesIO(), BytesIO()]
for body, data in zip(bodies, [empty, spoilt]):
    data.save_as(body, enforce_file_format=True)
parts = [body.getvalue() for body in bodies] + [b'hello']


def post(parts, path='dicomweb/studies'):
    packed = b''.join(b'--x\r\nContent-Type: application/dicom\r\n\r\n' + part + b'\r\n' for part in parts) + b'--x--'
    return api.post(f'{root}/{path}', data=packed, headers={'Content-Type': 'multipart/related; type="application/dicom"; boundary=x'})


answer = post(parts)
failed = Dataset.from_json(answer.json())
assert answer.status_code == 409, answer.text
reasons = {item.ReferencedSOPInstanceUID: item.FailureReason for item in failed.FailedSOPSequence}
assert reasons == {empty.SOPInstanceUID: 0x0122, spoilt.SOPInstanceUID: 0xC000}, reasons
assert failed.OtherFailuresSequence[0].FailureReason == 0xC000
good = BytesIO()
sources['ct'].save_as(good, enforce_file_format=True)
assert post([good.getvalue(), b'hello']).status_code == 202
assert post([good.getvalue()], f'dicomweb/studies/{study}').status_code == 200
other = post([good.getvalue()], f'dicomweb/studies/{generate_uid()}')
assert other.status_code == 409 and Dataset.from_json(other.json()).FailedSOPSequence[0].FailureReason == 0xA900
assert api.post(f'{root}/dicomweb/studies', json={}).status_code == 415

# What a reader says of two of them.
CONCEPTS = [
    {'key': 'cyst', 'kind': 'lesion', 'names': {'en': 'cyst', 'zh': '囊肿'}, 'modalities': []},
    {'key': 'kidney', 'kind': 'structure', 'names': {'en': 'kidney', 'zh': '肾脏'}, 'codes': {'SNOMED CT': '64033007'}, 'modalities': []},
]
call('PUT', 'concepts', json={'concepts': CONCEPTS})


def region(concept, bbox, presence='present', frame=0):
    texts = {'en': f'A {concept} here.', 'zh': '这里有囊肿。'}
    return {'id': str(uuid.uuid4()), 'frame': frame, 'bbox': bbox, 'concept': concept, 'presence': presence, 'texts': texts}


def annotate(image, content):
    call('POST', f'/api/images/{image}/lease', json={})
    before = call('GET', f'/api/images/{image}/annotation').json()['revision']
    saved = call('PUT', f'/api/images/{image}/annotation', json={'based_on': before, 'content': content}).json()
    call('POST', f'/api/images/{image}/annotation/submit', json={'revision': saved['revision'], 'active_seconds': 3.0})


ct_regions = [region('cyst', [4, 5, 20.5, 25]), region('kidney', [1, 1, 60, 40], 'uncertain'), region('cyst', [30, 30, 40, 40], 'absent')]
annotate(places['ct'][3], {'regions': ct_regions, 'rejected': [], 'findings': [{'concept': 'cyst', 'presence': 'present'}],
                           'report': [{'id': str(uuid.uuid4()), 'texts': {'en': 'One cyst.', 'zh': '一个囊肿。'}, 'regions': []}]})
annotate(places['frames'][3], {'regions': [region('cyst', [2, 3, 9, 11], frame=2)], 'rejected': []})


def made_of(study, modality):
    """The objects of a modality that came into a study."""
    found = [Dataset.from_json(s) for s in client.search_for_instances(study, search_filters={'Modality': modality}, fields=['SeriesInstanceUID'])]
    return [client.retrieve_instance(study, s.SeriesInstanceUID, s.SOPInstanceUID) for s in found]


def read_by_dsrdump(path):
    said = subprocess.run(['dsrdump', '+U8', path], capture_output=True, text=True)
    errors = [line for line in (said.stdout + said.stderr).splitlines() if line.startswith(('E:', 'F:'))]
    assert said.returncode == 0 and not errors, said.stderr
    return said.stdout


[report] = made_of(ct[0], 'SR')
path = written(report, 'report.dcm')
text = read_by_dsrdump(path)
assert '这里有囊肿。' in text and '一个囊肿。' in text and 'Jane' not in text
read = highdicom.sr.srread(path)
groups = read.content.get_planar_roi_measurement_groups()
assert len(groups) == 2
assert [group.tracking_identifier for group in groups] == [one['id'] for one in ct_regions[:2]]
assert [(group.finding_type.value, group.finding_type.scheme_designator) for group in groups] == [('cyst', '99MEDREG'), ('64033007', 'SCT')]
assert groups[1].finding_sites[0].value.value == '64033007'
np.testing.assert_array_equal(groups[0].roi.value, [[4, 5], [20.5, 5], [20.5, 25], [4, 25], [4, 5]])
[area] = groups[0].get_measurements()
assert area.name.meaning == 'Area' and area.unit.value == 'mm2' and abs(area.value - 16.5 * 0.25 * 20 * 0.5) < 1e-6
presence = [group.get_qualitative_evaluations()[0].value.meaning for group in groups]
assert presence == ['Present', 'Uncertain'], presence
others = read.content.get_image_measurement_groups()
assert [group.get_qualitative_evaluations()[0].value.meaning for group in others] == ['Absent', 'Present']
assert not faults(path), faults(path)

[report] = made_of(us[0], 'SR')
path = written(report, 'report of frames.dcm')
[group] = highdicom.sr.srread(path).content.get_planar_roi_measurement_groups()
[image_item] = group.roi.ContentSequence
assert image_item.ReferencedSOPSequence[0].ReferencedFrameNumber == 3
assert image_item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == us[2]
read_by_dsrdump(path)

[state] = made_of(ct[0], 'PR')
path = written(state, 'presentation state.dcm')
assert len(state.GraphicAnnotationSequence) == 2
outline = state.GraphicAnnotationSequence[0].GraphicObjectSequence[0]
assert list(outline.GraphicData) == [4, 5, 20.5, 5, 20.5, 25, 4, 25, 4, 5]
assert state.ReferencedSeriesSequence[0].ReferencedImageSequence[0].ReferencedSOPInstanceUID == ct[2]
assert not faults(path), faults(path)
drawn_by_dcmtk = subprocess.run(['dcmp2pgm', '-p', path, folder / 'ct.dcm', folder / 'drawn.pgm'], capture_output=True, text=True)
assert drawn_by_dcmtk.returncode == 0, drawn_by_dcmtk.stderr

[found] = client.search_for_studies(search_filters={'StudyInstanceUID': ct[0]})
assert sorted(found['00080061']['Value']) == ['CT', 'PR', 'SR'] and found['00201208']['Value'] == [3]
assert len(list(client.iter_study(ct[0]))) == 3

# A picture without a header.
picture = BytesIO()
Image.fromarray(drawn.integers(0, 256, (12, 20), dtype=np.uint8)).save(picture, 'PNG')
call('POST', 'images', 201, files={'file': ('a.png', picture.getvalue())}, data={'patient': 'png', 'modality': 'xray', 'attested': 'true'})
[found] = [Dataset.from_json(one) for one in client.search_for_instances(search_filters={'PatientID': 'png'})]
capture = client.retrieve_instance(found.StudyInstanceUID, found.SeriesInstanceUID, found.SOPInstanceUID)
assert (capture.pixel_array == np.asarray(Image.open(picture))).all() and capture.Modality == 'CR'
path = written(capture, 'capture.dcm')
assert not faults(path), faults(path)
print('all read')
