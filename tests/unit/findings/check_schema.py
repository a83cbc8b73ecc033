# SPDX-License-Identifier: Apache-2.0
# check_schema.py SCHEMA DOCUMENT: exit 0 valid, 1 not valid, 77 python3-jsonschema is missing.
import json
import sys

try:
    from jsonschema import Draft7Validator
except ImportError:
    sys.exit(77)

schema, document = (json.load(open(name, encoding="utf-8")) for name in sys.argv[1:3])
Draft7Validator.check_schema(schema)
errors = list(Draft7Validator(schema).iter_errors(document))
for error in errors:
    print("/" + "/".join(map(str, error.absolute_path)), error.message)
sys.exit(1 if errors else 0)
