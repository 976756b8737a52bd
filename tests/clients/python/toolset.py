"""What a user of the published `stackone-ai` package does; prints what came of it as JSON."""

import json
import os
import sys

from stackone_ai import StackOneToolSet
from stackone_ai.feedback import create_feedback_tool


def main(url: str, account: str) -> None:
    toolset = StackOneToolSet(
        base_url=url,
        api_key=os.environ["STACKONE_API_KEY"],
        account_id=account,
        search={"method": "semantic", "top_k": 5},
    )
    everything = toolset.fetch_tools(account_ids=[account])
    filtered = toolset.fetch_tools(account_ids=[account], actions=["*_list_*"])
    others = toolset.fetch_tools(account_ids=[account], providers=["nobody"])
    size = everything.get_tool("iterable_get_list_size")
    list_id = everything.get_tool("iterable_list_lists").execute({})["data"][0]["id"]
    created = everything.get_tool("iterable_create_list")
    found = toolset.search_tools("how many people are on a list", account_ids=[account])
    names = toolset.search_action_names("send an email", account_ids=[account], top_k=3)
    feedback = create_feedback_tool(api_key=os.environ["STACKONE_API_KEY"], base_url=url)
    refusal = None
    try:
        size.execute({"path_listId": 999_999})
    except Exception as error:
        refusal = {
            "type": type(error).__name__,
            "status": error.status_code,
            "body": error.response_body,
        }
    print(
        json.dumps(
            {
                "count": len(everything),
                "filtered": sorted(tool.name for tool in filtered),
                "others": len(others),
                "parameters": size.to_openai_function()["function"]["parameters"],
                "size": size.execute({"path_listId": list_id}),
                "created": created.execute({"body_name": "By an agent"}),
                "found": [tool.name for tool in found],
                "names": [each.id for each in names],
                "refusal": refusal,
                "feedback": feedback.execute(
                    {
                        "feedback": "It works.",
                        "account_id": account,
                        "tool_names": ["iterable_get_list_size"],
                    }
                ),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
