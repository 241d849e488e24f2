"""Uses a client that was generated from the OpenAPI document, as an integrator would.

Called with the folder of the generated package, the server's address and a key with all scopes:
creates, lists, updates and deletes a member, an event and a course. Ends with an error when anything is not
as the document promises.
"""

import importlib
import io
import sys
from http import HTTPStatus


def main(folder: str, base_url: str, key: str) -> None:
    sys.path.insert(0, folder)
    package = "generated"
    part = lambda name: importlib.import_module(f"{package}.{name}")
    models, types = part("models"), part("types")
    client = part("client").AuthenticatedClient(base_url=base_url, token=key)

    def call(name: str, **arguments):
        answer = part(f"api.{name}").sync_detailed(client=client, **arguments)
        return answer.status_code, answer.parsed

    bodies = {
        "member": {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"},
        "event": {"name": "Analytical evening"},
        "course": {"name": "Engines for beginners", "membersPrice": "49.00"},
    }
    for one, body in bodies.items():
        many, title = f"{one}s", one.capitalize()
        made = getattr(models, f"{title}Input").from_dict(body)
        status, record = call(f"{many}.create_{one}", body=made)
        assert status == HTTPStatus.CREATED, (status, record)
        assert record.version == 1, record

        status, page = call(f"{many}.list_{many}", items_per_page=10)
        assert status == HTTPStatus.OK, (status, page)
        assert page.total_items == 1 and page.data[0].id == record.id, page

        patch = getattr(models, f"{title}Patch").from_dict({"customFields": {"level": 3}})
        status, changed = call(f"{many}.patch_{one}", id=record.id, body=patch, if_match='"1"')
        assert status == HTTPStatus.OK, (status, changed)
        assert changed.version == 2 and changed.custom_fields["level"] == 3, changed

        status, stale = call(f"{many}.patch_{one}", id=record.id, body=patch, if_match='"1"')
        assert status == HTTPStatus.PRECONDITION_FAILED and stale.status == 412, (status, stale)

        status, _ = call(f"{many}.delete_{one}", id=record.id)
        assert status == HTTPStatus.NO_CONTENT, status
        status, gone = call(f"{many}.get_{one}", id=record.id)
        assert status == HTTPStatus.NOT_FOUND and gone.title == "Not Found", (status, gone)
        assert not isinstance(gone, types.Unset)
        print(f"{many}: create, list, update, delete")

    file = types.File(payload=io.BytesIO(b"firstName,lastName,email\nAda,Lovelace,ada@example.org\n"))
    status, job = call("members.create_member_import", body=file, file_name="ada.csv")
    assert status == HTTPStatus.CREATED and job.file_name == "ada.csv", (status, job)
    status, _ = call("members.delete_member_import", import_id=job.id)
    assert status == HTTPStatus.NO_CONTENT, status
    print("members: a file is taken in")


if __name__ == "__main__":
    main(*sys.argv[1:])
