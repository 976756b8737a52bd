class _TokenType:
    def __contains__(self, other: _TokenType) -> bool: ...
    def __getattr__(self, name: str) -> _TokenType: ...

Comment: _TokenType
Keyword: _TokenType
Name: _TokenType
Number: _TokenType
String: _TokenType
